/** A duration in seconds as people say it: `8 ms`, `0.31 s`, `12.4 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.round((minutes % 1440) / 60)} h`;
}

/** How long ago: `just now`, `5 min ago`, `3 h ago`, `12 d ago`; `in 5 min` for the future. */
export function ago(when: Date | string, now: Date = new Date()): string {
  const seconds = (now.getTime() - new Date(when).getTime()) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 10) return "just now";
  let text: string;
  if (distance < 60) text = `${Math.floor(distance)} s`;
  else if (distance < 3600) text = `${Math.floor(distance / 60)} min`;
  else if (distance < 172_800) text = `${Math.floor(distance / 3600)} h`;
  else text = `${Math.floor(distance / 86_400)} d`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

const two = (n: number) => String(n).padStart(2, "0");

/** A moment in local time: `2026-03-01 14:05:09`. */
export function formatTime(when: Date | string): string {
  const d = new Date(when);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${formatClock(d)}`;
}

/** Local time of day: `14:05:09`. */
export function formatClock(when: Date | string): string {
  const d = new Date(when);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
