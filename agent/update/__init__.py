"""Newer versions: fetched and checked by the agent, put beside the one that runs by root, and left again if they fail.

    look, fetch      the agent's user: the release, verified (TUF), into the state folder    trust.py, sources.py
    stage            root: verified again, unpacked beside, tried on a copy of the state      installer.py, trial.py
    switch           root: between sales; `current` renamed; back again unless all is well    installer.py, health.py
    what is kept     one small file before each step, so that what starts next knows          ledger.py

Nothing here is in the way of a sale: whatever fails, the version that sells goes on selling.
"""
