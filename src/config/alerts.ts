import { z } from 'zod';
import { entries } from './values.ts';

const EXAMPLE = '[{"channel":"C0123456789","types":["training","backtest"]}]';
const CHANNEL = 'must be an id such as C0123456789';
const TYPES = 'must be a list of training, backtest, download and agent';

const Alerts = z
  .strictObject(
    {
      team: z
        .string()
        .regex(/^[TE][A-Z0-9]+$/, 'must be an id such as T0123456789')
        .optional(),
      channel: z.string(CHANNEL).regex(/^[CGD][A-Z0-9]+$/, CHANNEL),
      types: z.array(z.enum(['training', 'backtest', 'download', 'agent'], TYPES), TYPES).default([]),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? 'has fields that no alerts have' : 'must be an object') },
  )
  .transform(({ team, ...rest }) => ({ ...rest, team: team ?? null }));

/** A JSON array of channels; without types, all are told. */
export function alerts() {
  return entries(Alerts, EXAMPLE);
}
