import { DEFAULTS, VARIABLES } from '../config/defaults.ts';
import type { Config } from '../config/environment.ts';
import type { Io } from './io.ts';

/** The settings. Without any variable of ours the defaults serve, and no schema library has to be loaded to know them. */
export async function configFrom(env: Io['env']): Promise<Config> {
  const isSet = VARIABLES.some((name) => (env[name]?.trim() ?? '') !== '');
  return isSet ? (await import('../config/environment.ts')).loadConfig(env) : DEFAULTS;
}
