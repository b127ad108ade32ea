/** Messages between a pool and its processes. They are plain data, because they are copied. */

/** A task's own errors are values, so that any other end of a task means the end of its process. */
export type Outcome<Output> =
  | { readonly kind: 'done'; readonly value: Output }
  | { readonly kind: 'failed'; readonly error: Error };

export type ToProcess<Data, Input> =
  | { readonly kind: 'open'; readonly data: Data }
  | { readonly kind: 'run'; readonly id: number; readonly input: Input }
  | { readonly kind: 'stop'; readonly id: number }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: unknown };

export type FromProcess<Output, Progress> =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: Outcome<Output> }
  /** Doesn't belong to a task and needs no reply. */
  | { readonly kind: 'notice'; readonly notice: unknown }
  | { readonly kind: 'question'; readonly id: number; readonly question: unknown };
