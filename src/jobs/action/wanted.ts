import { z } from 'zod';
import { ACTIONS } from '../../diagnosis/vocabulary/actions.ts';

/** What somebody may want done to an operation. */
export const wantedActionSchema = z.object({
  kind: z.enum(ACTIONS),
  operationId: z.string(),
  /** Of `load-data`: what is missing. */
  data: z.object({ symbol: z.string(), timeframe: z.string(), mode: z.string() }).exactOptional(),
});
export type WantedAction = z.infer<typeof wantedActionSchema>;
