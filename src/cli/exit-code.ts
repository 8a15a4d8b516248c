/** How the program ends. Signals follow the shell's 128 + number. */
export const EXIT = {
  success: 0,
  commandFailed: 1,
  usage: 2,
  cannotOpen: 3,
  damaged: 4,
  hangUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
