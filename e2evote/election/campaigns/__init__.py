"""Messages to many voters at once: invitations, reminders, notices; in a queue that survives a restart.

The people's database holds the queue (``people.deliveries``); ``writing`` decides who is written to, ``postman`` sends.
"""
