# -*- coding: klingon -*-
"""# Cookie"""
