// Preloaded into the engine where a test has fixed the clock: "now" is ENGINE_NOW plus the time since the start.
const shift = Date.parse(process.env.ENGINE_NOW) - Date.now();
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }
  static now() {
    return RealDate.now() + shift;
  }
};
