new CozeWebSDK.WebChatClient({"config": {"type": "bot", "bot_id": "7400000000000000001"}, "ui": {"conversations": {"isNeed": true}}})
