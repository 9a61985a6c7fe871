new /* the SDK */ CozeWebSDK.WebChatClient(
  // the options
  {
    config: { /* which bot */ "bot_id": '7400000000000000001', }, // one
    ui: { header: { isShow: false, isNeedClose: false, }, /* two */ },
  }, /* three */
);
