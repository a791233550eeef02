"""Who runs models, under every name that logs, routers and instrumentations give them."""

from __future__ import annotations

_NAMES = {
    "openai": "openai textcompletionopenai openaitext",
    "azure_openai": "azure azureopenai azureaiopenai azaiopenai azuretext microsoftazure azureopenairesponses",
    "azure_ai": "azureai azureaiinference azaiinference azureinference azureaifoundry azurefoundry microsoftfoundry",
    "anthropic": "anthropic anthropictext claude",
    "bedrock": "bedrock awsbedrock amazonbedrock aws amazon bedrockconverse bedrockruntime bedrockmantle awsbedrockruntime",
    "vertex": (
        "vertex vertexai gcpvertexai googlevertex googlevertexai vertexaibeta vertexaianthropic vertexanthropic "
        "googlevertexanthropic vertexaianthropicmodels gcpvertex"
    ),
    "google": "google gemini googlegla gcpgemini gcpgenai gcp googlegenai googleaistudio googlegenerativeai googleai googlegemini",
    "deepseek": "deepseek",
    "xai": "xai",
    "mistral": "mistral mistralai codestral textcompletioncodestral",
    "groq": "groq groqcloud",
    "fireworks": "fireworks fireworksai",
    "together_ai": "together togetherai",
    "moonshot": "moonshot moonshotai kimi",
    "alibaba": "alibaba alibabacloud dashscope aliyun bailian modelstudio alibabamodelstudio",
    "zai": "zai",
    "zhipu": "zhipu zhipuai bigmodel",
    "minimax": "minimax",
    "openrouter": "openrouter",
    "cohere": "cohere coherechat",
    "perplexity": "perplexity perplexityai",
    "cerebras": "cerebras",
    "baseten": "baseten",
    "databricks": "databricks",
    "novita": "novita novitaai",
    "cloudflare": "cloudflare workersai cloudflareworkersai",
    "huggingface": "huggingface huggingfacehub",
    "sambanova": "sambanova sambanovacloud",
    "nvidia": "nvidia nvidianim",
    "watsonx": "watsonx watsonxai ibmwatsonxai ibmwatsonx watsonxtext",
    "sagemaker": "sagemaker sagemakerchat awssagemaker amazonsagemaker",
    "github": "github githubmodels",
    "github-copilot": "githubcopilot copilot",
    "vllm": "vllm hostedvllm",
    "sglang": "sglang",
    "lmcache": "lmcache",
    "ollama": "ollama ollamachat",
    "llamacpp": "llamacpp llamafile",
    "tgi": "tgi textgenerationinference",
    "lm_studio": "lmstudio",
}

HOSTS = {name: host for host, names in _NAMES.items() for name in names.split()}
"""Letters and digits of a provider's name in lower case -> who runs the model."""

NOT_ROUTES = frozenset(
    (
        "amazon",
        "mistralai",
        "moonshotai",
        "minimax",
        "xai",
        "nvidia",
        "cohere",
        "perplexity",
        "databricks",
        "zai",
        "kimi",
    )
)
"""Before a slash these are authors of weights (repositories, OpenRouter), so they say nothing about who runs them."""

SELF_HOSTED = frozenset(("vllm", "sglang", "lmcache", "ollama", "llamacpp", "tgi", "lm_studio"))
"""Software that people run themselves: no price per token."""

OPEN_WEIGHT_HOSTS = frozenset(
    [
        "bedrock",
        "groq",
        "fireworks",
        "together_ai",
        "cerebras",
        "baseten",
        "databricks",
        "novita",
        "cloudflare",
        "huggingface",
        "sambanova",
        "nvidia",
        "watsonx",
        "sagemaker",
        "openrouter",
        "azure_ai",
        "vertex",
    ]
)
"""Who sells weights that others sell too, at prices of their own."""

LIST_IDS = {
    "azure_openai": "azure",
    "azure_ai": "azure",
    "bedrock": "aws",
    "vertex": "google",
    "xai": "x-ai",
    "together_ai": "together",
    "moonshot": "moonshotai",
    "zhipu": "zhipuai",
}
"""Ids of the public price list where they are other than ours."""
