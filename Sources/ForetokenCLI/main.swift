print("foretoken")
