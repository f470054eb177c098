/** Which labs somebody may see. */
export interface Sight {
  /** Every lab, also those that will be made. */
  readonly whole: boolean;
  /** Those that may be seen, where it is not the whole. */
  readonly names: readonly string[] | undefined;
  sees(lab: string): boolean;
}

/** On this machine: whoever may read the workspace's files. */
export const everything: Sight = { whole: true, names: undefined, sees: () => true };
