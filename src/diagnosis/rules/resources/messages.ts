/** The whole sentences with which Python, NumPy, PyTorch, and the kernel say that a resource is missing. */

/** What Python adds for one path, two, or none. */
const OS_PATH = String.raw`(?:: (?:b?'[^'\n]*'|"[^"\n]*")(?: -> (?:b?'[^'\n]*'|"[^"\n]*"))?)?`;
const osError = (number: number, words: string) =>
  new RegExp(String.raw`(?:^|: )\[Errno ${number}\] ${words}(?<path>${OS_PATH})$`);

export const RESOURCE_MESSAGES = [
  ['gpu-memory', /^OutOfMemoryError: /],
  [
    'gpu-memory',
    /^(?:(?:CUDA|HIP|XPU) out of memory\.(?:\s.*)?|MPS backend out of memory \(.*|(?:CUDA|HIP) error: out of memory(?:\s.*)?|cuDNN error: CUDNN_STATUS_ALLOC_FAILED(?:\s.*)?|(?:CUDA|HIP) error: \w+_STATUS_ALLOC_FAILED when calling .*)$/s,
  ],
  ['out-of-memory', /^(?:MemoryError|_ArrayMemoryError)(?:: .*)?$/s],
  [
    'out-of-memory',
    /^(?:Unable to allocate [\d.]+ (?:bytes|[KMGTP]iB) for an array with shape \(.*\)(?: and data type \S+)?|(?:\[enforce fail at \S+\] .*)?DefaultCPUAllocator: (?:can't allocate|not enough) memory: you tried to allocate \d+ bytes\..*|DataLoader worker \(pid\(?s?\)? [\d, ]+\) (?:is killed by signal: (?:Killed|Bus error)\.|(?<vague>exited unexpectedly))(?:\s.*)?|unable to (?:open shared memory object|write to file) <\/[^>]+>(?: in read-write mode)?: No space left on device \(28\)|OOMKilled|(?:Killed by signal 9|(?:Process|Container|Worker)(?: \S+)? (?:exited|terminated) with (?:exit )?code 137)\.?)$/s,
  ],
  ['out-of-memory', osError(12, 'Cannot allocate memory')],
  ['disk-full', osError(28, 'No space left on device')],
  // PyTorch notices that less was written than requested.
  [
    'disk-full',
    /^(?<vague>\[enforce fail at inline_container\.cc:\d+\] ?\. ?unexpected pos \d+ vs \d+|PytorchStreamWriter failed writing file \S+: file write failed)$/,
  ],
  ['read-only', osError(30, 'Read-only file system')],
  ['permission', osError(13, 'Permission denied')],
  ['permission', osError(1, 'Operation not permitted')],
  ['permission', /^Permission denied when (?:(?:creating|accessing) data directory|saving data to)(?<path>:? \S+)$/],
  ['missing-package', /^No module named '?(?<package>[\w.]+)'?(?:; '(?<shadow>[\w.]+)' is not a package)?$/],
] as const;

export type ResourceVariant = (typeof RESOURCE_MESSAGES)[number][0];
