import type { RunDetailJson } from "../../../src/server/types.ts";
import { toneOf } from "../../parts/basic.tsx";

export type Node = RunDetailJson["nodes"][number];
export const isTest = ({ resourceType }: Node): boolean => /test|expectation/.test(resourceType);
export const isBroken = ({ status }: Node): boolean => toneOf(status) === "bad";
