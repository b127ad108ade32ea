/** A trigger id opens one view, within three seconds of the interaction that issued it. */
export interface Triggers {
  issue(userId: string): string;
  /** The person who interacted, or Slack's error. */
  redeem(triggerId: string): { readonly userId: string } | { readonly error: string };
}

const LIFE_MS = 3_000;

export function createTriggers(now: () => number): Triggers {
  const issued = new Map<string, { userId: string; at: number; used: boolean }>();
  return {
    issue(userId) {
      const id = `${issued.size + 1}.${Math.floor(now())}.${crypto.randomUUID().replaceAll('-', '')}`;
      issued.set(id, { userId, at: now(), used: false });
      return id;
    },
    redeem(triggerId) {
      const trigger = issued.get(triggerId);
      if (trigger === undefined) return { error: 'invalid_trigger_id' };
      if (trigger.used) return { error: 'exchanged_trigger_id' };
      if (now() - trigger.at > LIFE_MS) return { error: 'expired_trigger_id' };
      trigger.used = true;
      return { userId: trigger.userId };
    },
  };
}
