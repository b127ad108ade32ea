import { z } from 'zod';
import { ACTIONS } from '../../diagnosis/vocabulary/actions.ts';

/** An action that someone can request for an operation. */
export const wantedActionSchema = z.object({
  kind: z.enum(ACTIONS),
  operationId: z.string(),
  /** For `load-data`: the missing data. */
  data: z.object({ symbol: z.string(), timeframe: z.string(), mode: z.string() }).exactOptional(),
});
export type WantedAction = z.infer<typeof wantedActionSchema>;
