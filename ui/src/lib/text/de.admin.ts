/** The dashboard's words in German. */
import type { admin as english } from './en.admin';

export const admin: typeof english = {
  title: 'Verwaltung',
  backend: 'Backend',
  loading: 'Das Backend wird gefragt',
  down: 'Das Backend antwortet nicht. Es wird erneut versucht.',
  stale: (ago) => `Diese Zahlen sind ${ago} alt.`,
  refused: (why) => `Das Backend hat abgelehnt: ${why}`,
  stats: {
    requests: 'Anfragen',
    errors: 'Fehler',
    latency: 'Antwortzeit',
    measurements: 'Messungen',
    storage: 'Speicherplatz',
    version: 'Version',
    uptime: 'Laufzeit',
    memory: 'Arbeitsspeicher',
  },
  notes: {
    requests: (inFlight) => `${inFlight} in Arbeit`,
    errors: (client, server) => `${client} durch Aufrufer, ${server} durch das Backend`,
    latency: (p90, p99) => `90 %: ${p90} · 99 %: ${p99}`,
    latencyMeaning: 'die Hälfte der Anfragen war schneller',
    measurements: 'auf diesem Computer gespeichert',
    storage: 'mit ihren kleinen Bildern',
    version: (pid) => `PID ${pid}`,
    uptime: (since) => `seit ${since}`,
    memory: 'belegt',
    unavailable: 'gerade nicht abfragbar',
    noRequests: 'noch keine Anfrage',
  },
  charts: {
    requests: 'Anfragen in 5 s',
    errors: 'Fehler',
    all: 'Anfragen',
    latency: 'Mittlere Antwortzeit',
    span: 'letzte fünf Minuten',
    requestsWords: (most, errors) =>
      `Anfragen der letzten fünf Minuten: höchstens ${most} in 5 Sekunden, insgesamt ${errors} Fehler.`,
    latencyWords: (slowest) => `Mittlere Antwortzeit der letzten fünf Minuten: höchstens ${slowest}.`,
    none: 'Keine Anfrage in den letzten fünf Minuten',
  },
};
