/** The measuring page's words in German. */
import type { GateCode } from '../generated/skin/GateCode';
import { regionSideMin } from '../generated/skin/limits';
import type { ProblemCode } from '../generated/skin/ProblemCode';
import type { WithheldCode } from '../generated/skin/WithheldCode';
import { photoMebibytesMax, photoMegapixelsMax, type user as english } from './en.user';

const failing: Record<GateCode, string> = {
  clipped:
    'Teile des Fotos sind überbelichtet oder ganz schwarz; ihre Farbe ist verloren. Machen Sie eines bei weicherem Licht, ohne Blitz.',
  blurred:
    'Die Stelle ist unscharf; Ränder und feine Strukturen lassen sich nicht messen. Halten Sie die Kamera ruhig, lassen Sie sie scharf stellen, und machen Sie ein neues Foto.',
  uneven_light:
    'Das Licht ändert sich über die Stelle, ein Unterschied kann also vom Licht kommen. Drehen Sie sich zum Licht, oder markieren Sie eine kleinere Fläche.',
  region_small:
    'Die markierte Fläche hat zu wenige Bildpunkte. Markieren Sie sie größer, oder gehen Sie mit der Kamera näher heran.',
  region_not_skin:
    'Die markierte Fläche hat keine Farbe, die Haut bei üblichem Licht haben kann. Markieren Sie Haut, oder nehmen Sie Tageslicht oder eine Graukarte.',
  surround_not_skin:
    'Die Umgebung hat keine Farbe, die Haut bei üblichem Licht haben kann. Markieren Sie Haut, oder nehmen Sie Tageslicht oder eine Graukarte.',
  colour_cast:
    'Das Licht hat einen Farbstich, die Farben sind also nicht die der Haut. Nehmen Sie Tageslicht oder eine Graukarte. Unterschiede von Rötung und Melanin stimmen trotzdem.',
  profile_unreadable:
    'Das Farbprofil des Fotos ist nicht lesbar, seine Farben sind also unbekannt. Speichern Sie das Foto in sRGB.',
};

const withheld: Record<WithheldCode, string> = {
  ...failing,
  needs_colour_card:
    'Nur mit einer Graukarte im Foto: Sonst zeigt der Winkel mehr vom Licht als von der Haut. Eine Viertelblende ergibt in etwa der Hälfte der Fälle die falsche Klasse.',
  needs_size_card:
    'Für Millimeter muss eine Bankkarte neben dem Fleck im Foto sein. Markieren Sie eine ihrer Kanten.',
  not_yellow_enough: 'Bei einer so wenig gelben Farbe sagt der Winkel nichts.',
  no_surround:
    'Um die Stelle ist kein Platz für einen Vergleich, oder keine Haut. Markieren Sie Haut daneben, oder machen Sie ein Foto aus größerem Abstand.',
  no_spot: 'In der markierten Fläche hebt sich nichts von der Haut darum herum ab.',
  region_mixed:
    'Die Markierung enthält zweierlei Farben, und ihre Mitte liegt in keinem einzelnen ganzen Fleck. Markieren Sie einen ganzen Fleck oder nur gleichmäßige Haut.',
  spot_at_edge:
    'Der Fleck reicht bis an den Rand der Markierung. Markieren Sie größer, mit etwas Haut rings um den Fleck.',
};

const tooManyPixels = `Das Foto hat zu viele Bildpunkte: Höchstens ${photoMegapixelsMax} Millionen gehen. Verkleinern Sie es.`;
const tooLarge = `Das Foto hat mehr als ${photoMebibytesMax} MiB. Speichern Sie es kleiner oder als JPEG.`;

const problems: Record<ProblemCode, string> = {
  bad_request: 'Die Anfrage war unverständlich. Laden Sie die Seite neu, und versuchen Sie es noch einmal.',
  unauthorized:
    'Der Schlüssel fehlt oder gehört zu einem früheren Start. Öffnen Sie die Seite neu über das Symbol im Infobereich oder mit „skinai open“.',
  forbidden:
    'Die Anfrage kam von einer anderen Seite oder ging an einen fremden Namen und wurde abgelehnt. Öffnen Sie die Adresse, die in der Portübersicht steht.',
  not_found: 'Das gibt es nicht; vielleicht wurde es gelöscht.',
  method_not_allowed: 'Das ist hier nicht möglich.',
  too_slow: 'Das Foto kam nicht rechtzeitig an. Senden Sie es noch einmal.',
  too_large: tooLarge,
  too_many_pixels: tooManyPixels,
  not_a_photo: 'Das ist kein Foto im Format JPEG, PNG oder WebP. Speichern Sie es in einem dieser Formate.',
  broken_photo: 'Das Foto ist beschädigt oder unvollständig. Nehmen Sie die Originaldatei.',
  region_outside: 'Eine Markierung liegt nicht ganz im Foto. Zeichnen Sie sie neu.',
  region_too_small: `Eine Markierung ist zu klein. Zeichnen Sie Flächen mindestens ${regionSideMin} × ${regionSideMin} Bildpunkte groß und die Linie von Ecke zu Ecke der Karte.`,
  card_unusable:
    'Die Graukarte ist zu dunkel oder überbelichtet. Machen Sie ein Foto mit der Karte in gleichmäßigem, mäßigem Licht.',
  busy: 'Gerade werden zu viele Fotos gemessen. Versuchen Sie es gleich noch einmal.',
  storage_full: 'Der Speicherplatz ist voll; nichts wurde gespeichert, nichts ging verloren.',
  storage_unavailable: 'Der Speicher ist gerade nicht erreichbar; nichts ging verloren.',
  backend_unreachable:
    'Das Backend ist nicht erreichbar; vielleicht startet es gerade neu. Versuchen Sie es gleich noch einmal.',
  backend_timeout: 'Das Backend hat nicht rechtzeitig geantwortet. Versuchen Sie es gleich noch einmal.',
  internal: 'Etwas Unerwartetes ist passiert. Mehr steht in der Ausgabe des Backends.',
};

export const user: typeof english = {
  title: 'Hautmessung',
  disclaimer:
    'Dies misst Farbe und Größe. Es kann keine Krankheit erkennen. Wenn sich ein Fleck verändert, blutet oder Ihnen Sorgen macht, gehen Sie zu einer Ärztin oder einem Arzt.',
  values: {
    l: {
      name: 'L*',
      unit: 'von 100',
      meaning: 'Helligkeit in CIE L*a*b* (D65): 0 ist schwarz, 100 ist weiß.',
    },
    a: { name: 'a*', unit: 'CIELAB', meaning: 'Von Grün (unter 0) nach Rot (über 0).' },
    b: { name: 'b*', unit: 'CIELAB', meaning: 'Von Blau (unter 0) nach Gelb (über 0).' },
    redness: {
      name: 'Rötung',
      unit: 'EI',
      meaning:
        'Erythemindex, 100·log10(R/G): wie viel mehr rotes als grünes Licht zurückkommt. Kein Maß für Blut.',
    },
    melanin: {
      name: 'Melanin',
      unit: 'MI',
      meaning: 'Melaninindex, 100·log10(1/R): je dunkler in rotem Licht, desto höher.',
    },
    ita: {
      name: 'Typologiewinkel',
      unit: '°',
      meaning:
        'ITA: je größer der Winkel, desto heller die Haut. Nur mit Graukarte, da die Belichtung ihn verschiebt.',
    },
    'delta-e': {
      name: 'Farbunterschied',
      unit: 'ΔE2000',
      meaning: 'Wie verschieden die Farben aussehen. Etwa 1 ist das Wenigste, was das Auge sieht.',
    },
    'delta-redness': {
      name: 'Rötung',
      unit: 'ΔEI',
      meaning: 'Rötung der Stelle abzüglich derjenigen der Haut darum herum.',
    },
    'delta-melanin': {
      name: 'Melanin',
      unit: 'ΔMI',
      meaning: 'Melaninindex der Stelle abzüglich desjenigen der Haut darum herum.',
    },
    longest: { name: 'Größter Durchmesser', unit: 'mm', meaning: 'Die längste Linie durch den Umriss.' },
    perpendicular: {
      name: 'Quer dazu',
      unit: 'mm',
      meaning: 'Die Breite im rechten Winkel zum größten Durchmesser.',
    },
    area: { name: 'Fläche', unit: 'mm²', meaning: 'Die Fläche innerhalb des Umrisses.' },
    asymmetry: {
      name: 'Asymmetrie',
      unit: '%',
      meaning:
        'Der Anteil, der beim Falten über die längere und die kürzere Achse nicht auf sich selbst fällt.',
    },
    compactness: {
      name: 'Umriss',
      unit: 'P²/4πA',
      meaning: '1 ist eine Scheibe; je länger oder zerklüfteter der Umriss, desto höher.',
    },
    evenness: {
      name: 'Ungleichmäßigkeit',
      unit: 'L*',
      meaning:
        'Wie sehr die Helligkeit von Punkt zu Punkt schwankt, ohne langsame Änderungen des Lichts. 0 ist gleichmäßig.',
    },
  },
  classes: {
    very_light: 'sehr hell',
    light: 'hell',
    intermediate: 'mittel',
    tan: 'gebräunt',
    brown: 'braun',
    dark: 'dunkel',
  },
  gates: {
    clipped: 'Belichtung',
    blurred: 'Schärfe',
    uneven_light: 'Gleichmäßiges Licht',
    region_small: 'Größe der Markierung',
    region_not_skin: 'Markierung sieht wie Haut aus',
    surround_not_skin: 'Umgebung sieht wie Haut aus',
    colour_cast: 'Farbe des Lichts',
    profile_unreadable: 'Farbprofil',
  },
  withheld: (code) => withheld[code],
  gate: (code, passed) => (passed ? 'in Ordnung' : failing[code]),
  problem: (code) => problems[code],
  photo: {
    drop: 'Foto hier ablegen',
    choose: 'Foto auswählen',
    kinds: 'JPEG, PNG oder WebP',
    local: 'Das Foto bleibt auf diesem Computer.',
    other: 'Anderes Foto',
    refused: {
      unreadable: 'Diese Datei lässt sich nicht als Foto anzeigen. JPEG, PNG und WebP gehen.',
      too_large: tooLarge,
      too_many_pixels: tooManyPixels,
    },
    reading: 'Foto wird gelesen',
    release: 'Loslassen, um dieses Foto zu verwenden',
  },
  mark: {
    title: 'Was markiert wird',
    region: 'Fleck',
    surround: 'Haut daneben',
    card: 'Graukarte',
    scale: 'Größenkarte',
    hint: {
      region: 'Ziehen Sie ein Rechteck um die Stelle, die gemessen werden soll.',
      surround:
        'Ziehen Sie ein Rechteck auf gewöhnlicher Haut zum Vergleich. Ohne dieses dient ein Ring um den Fleck.',
      card: 'Ziehen Sie ein Rechteck auf einer Graukarte im Foto, ohne ihren Rand.',
      scale: 'Ziehen Sie eine Linie entlang einer Kante einer Bankkarte im Foto.',
    },
    keys: 'Pfeiltasten bewegen die Markierung, mit Umschalt ändern sie die Größe, mit Alt in Zehnerschritten. Entf löscht sie.',
    canvas: (mark) => `Foto. Markierung: ${mark}`,
    none: 'nichts markiert',
    at: (x, y, width, height) => `${width} × ${height} Bildpunkte bei ${x}, ${y}`,
    line: (length) => `eine Linie von ${length} Bildpunkten`,
    remove: 'Markierung löschen',
    exact: 'Lage in Bildpunkten',
    x: 'links',
    y: 'oben',
    width: 'Breite',
    height: 'Höhe',
    edge: 'Kante der Karte',
    edges: { long: 'lange Kante, 85,6 mm', short: 'kurze Kante, 54 mm' },
    reference: 'Wahre Farbe der Karte',
    tooSmall: `Die Markierung ist zu klein: mindestens ${regionSideMin} × ${regionSideMin} Bildpunkte.`,
  },
  measure: {
    do: 'Messen',
    doing: 'Wird gemessen…',
    note: 'Notiz',
    noteHint: 'etwa „linker Unterarm“',
    first: 'Markieren Sie zuerst eine Stelle',
  },
  result: {
    title: 'Ergebnis',
    none: 'Hier erscheinen die Zahlen.',
    colour: 'Farbe',
    against: 'Verglichen mit der Haut darum herum',
    shape: 'Größe und Form',
    evenness: 'Gleichmäßigkeit',
    withheld: 'nicht angezeigt',
    meaning: (name) => `Was ${name} bedeutet`,
    gates: 'Qualität des Fotos',
    passed: 'gut',
    failed: 'nicht gut genug',
    corrected: 'Mit der Graukarte korrigiert',
    uncorrected: 'Ohne Graukarte hängen die Farben vom Licht ab; vergleichen Sie nur innerhalb eines Fotos.',
    from: (when) => `Gemessen ${when}`,
  },
  history: {
    title: 'Frühere Messungen',
    empty: 'Noch keine Messung. Was Sie messen, wird hier aufbewahrt; die Fotos nicht.',
    loading: 'Wird geladen',
    more: 'Mehr anzeigen',
    show: (when) => `Messung vom ${when} zeigen`,
    remove: (when) => `Messung vom ${when} löschen`,
    sure: 'Diese Messung löschen?',
    yes: 'Löschen',
    no: 'Behalten',
    withheld: 'Farbe nicht angezeigt',
  },
  down: {
    text: 'Das Backend antwortet nicht. Es wird erneut versucht; Ihre Markierungen bleiben.',
    back: 'Das Backend antwortet wieder.',
  },
};
