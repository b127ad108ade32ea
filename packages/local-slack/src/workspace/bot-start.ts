/** As the page receives it. */
type BotState = { readonly state: 'starting' | 'running' } | { readonly state: 'failed'; readonly reason: string };

/** How far the app's start is. Until there is one to follow, the app counts as running. */
export interface BotStart {
  state(): BotState;
  /** The state after the start has ended, well or not. */
  settled(): Promise<BotState>;
  follow(start: Promise<unknown>): void;
  subscribe(listener: (state: BotState) => void): () => void;
}

export function createBotStart(): BotStart {
  const listeners = new Set<(state: BotState) => void>();
  let state: BotState = { state: 'running' };
  let settled: Promise<BotState> = Promise.resolve(state);

  function set(next: BotState): BotState {
    state = next;
    for (const listener of listeners) listener(next);
    return next;
  }

  return {
    state: () => state,
    settled: () => settled,
    follow(start) {
      set({ state: 'starting' });
      settled = start.then(
        () => set({ state: 'running' }),
        (error: unknown) => set({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }),
      );
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
