"""The kinds of request that an application sends: found without names, kept under stable ids, named by their own words.

Method. Distinct request texts are vectors. The eight nearest neighbours of each make a graph, whose communities (Leiden, resolution 2.5,
edges weighted by the fourth power of the similarity) are the kinds; two that are as alike as each is within itself are one. Texts above
the budget of the graph, and texts in communities too small to count, go to the nearest running centroid when they lie within what 95 % of its own
texts keep to, else into a new one. A kind keeps its id when it holds the largest part of the texts that its earlier self would take
(one to one, at the largest total overlap). Requests without text are a kind of their own for each template. A label is made of the words whose odds in the
kind exceed those in the app's other kinds most (log odds with an informative prior, in standard errors), never of a word that fewer than three
users, conversations or calls used, nor of anything with digits or an address in it. The trend is the slope of the kind's volume by whole days,
or of its share of the app's calls where there are fewer than six days, with a 99 % interval that is never narrower than chance alone makes it.
"""
