import type * as z from "zod";
import type * as schemas from "./schemas.ts";

/** The API's shapes as types, for the routes and the page. */
export type Session = z.infer<typeof schemas.session>;
export type LabRow = z.infer<typeof schemas.labRow>;
export type LabList = z.infer<typeof schemas.labList>;
export type LabDetail = z.infer<typeof schemas.labDetail>;
export type PublishedVersionJson = z.infer<typeof schemas.version>;
export type RunInfoJson = z.infer<typeof schemas.runInfo>;
export type RunList = z.infer<typeof schemas.runList>;
export type RunDetailJson = z.infer<typeof schemas.runDetail>;
export type RunEvent = z.infer<typeof schemas.runEvent>;
export type RunEvents = z.infer<typeof schemas.runEvents>;
export type ScoreJson = z.infer<typeof schemas.score>;
export type Graph = z.infer<typeof schemas.graph>;
export type GraphNode = z.infer<typeof schemas.graphNode>;
export type NodeDetail = z.infer<typeof schemas.nodeDetail>;
export type TableList = z.infer<typeof schemas.tableList>;
export type TableDetail = z.infer<typeof schemas.tableDetail>;
export type ColumnProfileJson = z.infer<typeof schemas.columnProfile>;
export type Grid = z.infer<typeof schemas.grid>;
export type Cell = z.infer<typeof schemas.cell>;
export type Quarantine = z.infer<typeof schemas.quarantine>;
export type Replayed = z.infer<typeof schemas.replayed>;
export type FileList = z.infer<typeof schemas.fileList>;
export type JobJson = z.infer<typeof schemas.job>;
export type JobList = z.infer<typeof schemas.jobList>;
export type Health = z.infer<typeof schemas.health>;
export type Alerts = z.infer<typeof schemas.alerts>;
export type IncidentJson = z.infer<typeof schemas.incident>;
export type Docs = z.infer<typeof schemas.docs>;
export type Diff = z.infer<typeof schemas.diff>;
export type AuditList = z.infer<typeof schemas.auditList>;
export type Problem = z.infer<typeof schemas.problem>;
/** What the event stream carries; a `reset` says: ask for everything anew. */
export type LiveEvent = z.infer<typeof schemas.liveEvent>;
