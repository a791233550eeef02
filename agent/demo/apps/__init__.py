"""The applications whose traffic the demo plays, one file each."""
