"""Channels: one folder per network, one line in `ChannelName`. A channel knows its network and Munadi's ports."""
