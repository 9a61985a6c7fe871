{ config: { bot_id: '7400000000000000001', }, ui: { base: { lang: 'en' } } };
