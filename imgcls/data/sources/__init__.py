"""Where pixels come from: files found, downloaded, decoded and cached."""
