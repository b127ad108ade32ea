import type { Config } from '../config.ts';
import { DEFAULTS, VARIABLES } from '../config-defaults.ts';
import type { Io } from './io.ts';

/** The settings. Without any variable of ours the defaults serve, and no schema library has to be loaded to know them. */
export async function configFrom(env: Io['env']): Promise<Config> {
  const isSet = VARIABLES.some((name) => (env[name]?.trim() ?? '') !== '');
  return isSet ? (await import('../config.ts')).loadConfig(env) : DEFAULTS;
}
