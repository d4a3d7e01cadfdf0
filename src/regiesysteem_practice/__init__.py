"""A back office to practise with: it takes notifications and transfers, answers them, and shows what happens.

It knows the contract and nothing of the inside of the server, to which it talks as any other application.
"""
