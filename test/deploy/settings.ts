/** How deployments give the bot its settings. */
import { VARIABLES } from '../../src/config/defaults.ts';
import { loadConfig } from '../../src/config/environment.ts';

/** What `init` leaves for them: the tokens. */
const TOKENS = { SLACK_BOT_TOKEN: `${'xoxb'}-1-a`, SLACK_APP_TOKEN: `${'xapp'}-1-a` };

/** The configuration that `start` would see; throws when it couldn't start, or when a variable is none of the bot's. */
export function configOf(settings: Readonly<Record<string, string>>) {
  const unknown = Object.keys(settings).filter((name) => !VARIABLES.includes(name) && name !== 'NODE_ENV');
  if (unknown.length > 0) throw new Error(`The bot has no ${unknown.join(', ')}.`);
  return loadConfig({ ...TOKENS, ...settings }, true);
}
