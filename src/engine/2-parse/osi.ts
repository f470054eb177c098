import type { SourceFile } from "../1-read/types.ts";
import { engineError } from "../errors.ts";
import { collectErrors, type ParseState } from "./state.ts";

/** Documents of the Open Semantic Interchange become semantic models by MetricFlow's converter, which is not part of dbt. */
export function refuseOsi(state: ParseState, files: SourceFile[]): void {
  for (const file of files) {
    collectErrors(state, () => {
      throw engineError("unsupported", {
        message: `The OSI document ${file.path} cannot be read by this engine.`,
        place: { file: file.path },
        hint: "Define its semantic models in YAML, or move it out of osi-paths.",
      });
    });
  }
}
