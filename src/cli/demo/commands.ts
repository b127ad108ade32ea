/** Commands and shortcuts of the local workspace, which Slack takes from the app's manifest. */
export const COMMANDS = [
  {
    command: '/ktrdr',
    about: 'Diagnose ktrdr operations',
    usages: [
      {
        text: 'diagnose <operation id, trace id or link> [stuck|slow|failed] [--private]',
        about: 'Why is it stuck, slow or failed? Privately: as a direct message',
      },
      {
        text: 'diagnose last [training|backtest|download|agent]',
        about: 'The newest attempt, refused starts included',
      },
      { text: 'failed [24h] [training] [AAPL]', about: 'What failed lately, with the likely causes' },
      { text: 'search <words>', about: 'Operations by status, type, symbol, error, worker or time' },
      { text: 'digest <now|show|set|off>', about: 'What failed, grouped by cause, now or by the clock' },
      { text: 'watch <operation id>', about: 'Follows a running operation and tells you when it ends' },
      { text: 'explain [cause]', about: 'What a cause means and what proves it' },
      { text: 'mute [channel] [for 2h|off]', about: 'No answers to pasted ids here for a while' },
      { text: 'status', about: 'What answers, and how answers were judged' },
      { text: 'help', about: 'Everything the bot understands' },
    ],
  },
] as const;

export const SHORTCUTS = [
  { type: 'message', callbackId: 'diagnose_operation', name: 'Diagnose operation' },
  { type: 'global', callbackId: 'diagnose_anywhere', name: 'Diagnose an operation' },
] as const;

/** Host of the links to Jaeger. It doesn't exist, but with an address of this machine there would be no links and no previews. */
export const JAEGER_HOST = 'jaeger.example.com';
