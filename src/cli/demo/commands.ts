/** Commands and shortcuts of the local workspace, which Slack takes from the app's manifest. */
export const COMMANDS = [
  {
    command: '/ktrdr',
    about: 'Diagnose ktrdr operations',
    usages: [
      {
        text: 'diagnose <operation ID, trace ID, or link> [stuck|slow|failed] [--private]',
        about: 'Why it’s stuck, slow, or failed. --private sends a direct message',
      },
      {
        text: 'diagnose last [training|backtest|download|agent]',
        about: 'The latest run, including rejected starts',
      },
      { text: 'failed [24h] [training] [AAPL]', about: 'Recent failures with their likely causes' },
      { text: 'search <words>', about: 'Operations by status, type, symbol, error, worker, or time' },
      { text: 'digest <now|show|set|off>', about: 'Failures grouped by cause, now or on a schedule' },
      { text: 'watch <operation ID>', about: 'Follows a running operation and notifies you when it ends' },
      { text: 'explain [cause]', about: 'What a cause means and how it’s detected' },
      { text: 'mute [channel] [for 2h|off]', about: 'Mutes auto-replies to pasted IDs here for a while' },
      { text: 'status', about: 'What responds, and the feedback on diagnoses' },
      { text: 'help', about: 'All commands' },
    ],
  },
] as const;

export const SHORTCUTS = [
  { type: 'message', callbackId: 'diagnose_operation', name: 'Diagnose operation' },
  { type: 'global', callbackId: 'diagnose_anywhere', name: 'Diagnose an operation' },
] as const;

/** Host of the links to Jaeger. It doesn't exist, but with an address of this machine there would be no links and no previews. */
export const JAEGER_HOST = 'jaeger.example.com';
