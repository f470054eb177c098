import { catalogue } from "#errors/index.ts";

export const alertErrors = catalogue("alerts", {
  badTemplate: {
    code: "ALR-001",
    title: "Template cannot be used",
    exit: 2,
    doc: "A file under `shared/config/alerts/` has a placeholder that does not exist, a block that is not closed, or no subject. Alerts are sent with the built-in template until it is corrected.",
  },
  channelUnknown: {
    code: "ALR-002",
    title: "No such channel",
    exit: 2,
    doc: "`shared/config/alerts.yml` has no channel of this name.",
  },
  notDelivered: {
    code: "ALR-003",
    title: "Message was not delivered",
    exit: 1,
    retryable: true,
    doc: "A channel did not take a message: the server did not answer, refused it, or a variable with its address or password is not set. Messages wait and are tried again; runs are never affected.",
  },
});
