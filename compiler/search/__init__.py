"""Tries lowerings until the audit holds, then smaller ones, and notes what it tried."""
