"""
---
title: Home
summary: Where it begins
---

# Welcome

See [the norm](norm.py), [its class](norm.py#Norm), [the guide](guide/start.md#first-steps),
[the kernel](kernels/add.cu), [the folder](kernels/), [elsewhere](https://other.example/x?a=1&b=2),
[ourselves](https://example.org/docs/norm.html) and [nothing](missing.py).

![A square](guide/square.svg) and ![far away](https://other.example/far.png)
"""
