# What tray, notifications and answers to the panel say in German.

## The one sentence on top of the menu. Of some services: their number, and the names of the first two; 0 for all

headline_of = { $stack }: { $says }
headline_of_instance = { $stack } ({ $instance }): { $says }
headline_starting = startet
headline_silent = antwortet nicht
headline_stopped = gestoppt
headline_not_started = nicht gestartet
headline_all_healthy = alles läuft
headline_all_stacks_healthy = { $count } Stacks: alles läuft
headline_some_failed = { $count ->
    [0] ausgefallen
    [1] { $first } ist ausgefallen
    [2] { $first } und { $second } sind ausgefallen
   *[other] { $count } Dienste sind ausgefallen
}
headline_some_conflict = { $count ->
    [0] alle Ports sind belegt
    [1] Port von { $first } ist belegt
    [2] Ports von { $first } und { $second } sind belegt
   *[other] Ports von { $count } Diensten sind belegt
}
headline_some_unhealthy = { $count ->
    [0] kein Dienst antwortet
    [1] { $first } antwortet nicht
    [2] { $first } und { $second } antworten nicht
   *[other] { $count } Dienste antworten nicht
}
headline_some_backoff = { $count ->
    [0] startet nach einem Absturz neu
    [1] { $first } startet nach einem Absturz neu
    [2] { $first } und { $second } starten nach einem Absturz neu
   *[other] { $count } Dienste starten nach einem Absturz neu
}
headline_some_stopping = { $count ->
    [0] wird beendet
    [1] { $first } wird beendet
    [2] { $first } und { $second } werden beendet
   *[other] { $count } Dienste werden beendet
}
headline_some_starting = { $count ->
    [0] startet
    [1] { $first } startet
    [2] { $first } und { $second } starten
   *[other] { $count } Dienste starten
}
headline_some_stopped = { $count ->
    [0] gestoppt
    [1] { $first } ist gestoppt
    [2] { $first } und { $second } sind gestoppt
   *[other] { $count } Dienste sind gestoppt
}
headline_held_back = { $count ->
    [1] { $says }; { $first } wartet darauf
   *[other] { $says }; { $count } Dienste warten darauf
}
headline_quitting = { $count ->
    [0] wird beendet
    [1] wird beendet: wartet auf { $first }
    [2] wird beendet: wartet auf { $first } und { $second }
   *[other] wird beendet: wartet auf { $count } Dienste
}

## The lines of the menu

menu_open = { $label } öffnen
menu_show_panel = Portübersicht anzeigen
menu_start = Starten
menu_stop = Stoppen
menu_restart = Neu starten
menu_reallocate = Port neu zuweisen
menu_all_services = Alle Dienste
menu_in_conflict = { $label }: Port { $port } wird von { $holder } benutzt
menu_start_at_login = Bei der Anmeldung starten
menu_start_at_login_of = Bei der Anmeldung starten: { $stack }
menu_open_log_folder = Protokollordner öffnen
menu_open_stack = Stack öffnen …
menu_open_recent = Zuletzt geöffnet
menu_end_stack = Diesen Stack beenden
menu_new_instance = Neue Instanz
menu_quit = Beenden
menu_quit_and_end = Beenden und { $count } Stacks stoppen
menu_quit_now = Sofort beenden

## The window in which a stack file is chosen

choose_stack_file = Eine Stack-Datei öffnen

## A stack file that was dropped

dropped_title = Diese Stack-Datei starten?
dropped_runs = { $path } führt aus:
dropped_more = { $count ->
    [one] und 1 weiteres
   *[other] und { $count } weitere
}
dropped_sure = Diese Programme dürfen alles, was Sie dürfen. Starten Sie den Stack, wenn Sie wissen, woher die Datei ist.
dropped_yes = Starten
dropped_no = Abbrechen

## Why a stack of another process is not shown

silent_untold = Der Prozess, in dem { $instance } läuft, sagt nicht, wie es ihm geht ({ $why }); beenden Sie ihn und starten Sie den Stack neu.

## Notifications

notification_conflict = { $label } hat seinen Port verloren
notification_conflict_body = Port { $port } wird von { $holder } benutzt. „Port neu zuweisen“ gibt dem Dienst einen anderen.
notification_failed = { $label } ist ausgefallen
notification_failed_body = Der Dienst startet erst wieder, wenn Sie ihn neu starten.
notification_failed_because = Der Dienst { $reason } und startet erst wieder, wenn Sie ihn neu starten.

## Why something that was asked for is not done

refused_no_stack = Den Stack { $instance } gibt es nicht mehr.
refused_no_file_there = { $path } gibt es nicht.
refused_no_stack_file = { $path } ist keine Stack-Datei: Wählen Sie eine Datei, die auf .toml endet, ein Procfile oder einen Ordner mit einer skinai.toml.
refused_nothing_runs = Es läuft nichts.
refused_ended = Die Dienste wurden gestoppt.
unknown_service = Der Stack hat keinen Dienst namens { $service }.
refused_no_address = { $label } hat noch keine Adresse.
refused_not_offered = { $label } ist nicht für Menschen gedacht.
refused_no_skinai = Es gibt kein Programm { $program }; installieren Sie die Anwendung neu
refused_no_file = Dieser Stack hat keine Datei: Er gehört zur Anwendung.
refused_no_folder = { $label } hat keinen eigenen Ordner, oder es gibt ihn nicht mehr.
refused_port_taken = { $label } wurde nicht geöffnet: Port { $port } wird von { $holder } benutzt.
refused_not_there = { $label } wurde nicht geöffnet: Unter der Adresse läuft nichts davon.
refused_nothing_opens = { $what } wurde nicht geöffnet ({ $error }). Legen Sie in den Einstellungen Ihres Desktops ein Standardprogramm dafür fest, oder öffnen Sie es von Hand.
refused_not_copied = Die Adresse konnte nicht kopiert werden: { $error }.
refused_not_saved = Die Einstellungen konnten nicht gespeichert werden: { $error }.
refused_start_at_login = Der Start bei der Anmeldung konnte nicht geändert werden: { $error }.
refused_ending = Die Anwendung wird gerade beendet.

## Why a request was not carried out, where the engine gives no cause

request_stopping = Die Dienste werden gerade beendet.
request_superseded = Inzwischen wurde etwas Neueres verlangt.
request_no_free_port = Kein anderer Port ist frei: { $message }
request_port_taken = Ein Port lässt sich nicht einstellen: { $message }
request_port_is_strict = { $label } behält Port { $port }: So steht es in der Stack-Datei (strict = true).

## What is wrong with settings

settings_room = In { $range } ist Platz für { $room } der { $services } Dienste; nehmen Sie einen größeren Bereich.
settings_reversed = Der Portbereich beginnt über seinem Ende; meinten Sie { $end }-{ $start }?
settings_bad_range = Schreiben Sie einen Portbereich wie 8000-9000.
settings_doubled = { $label } hat diesen Port schon.
settings_taken = Port { $port } wird von { $holder } benutzt.
settings_whole_path = Geben Sie den ganzen Pfad an, vom Wurzelverzeichnis an.

## Settings that could not be read

settings_untrusted = Die Einstellungsdatei { $message }. Es gelten die üblichen Einstellungen.
settings_kept = Die Einstellungen in { $path } sind unbrauchbar ({ $why }); die Datei liegt jetzt unter { $kept }, und es gelten die üblichen.
settings_not_kept = Die Einstellungen in { $path } sind unbrauchbar ({ $why }); die Datei ließ sich nicht beiseitelegen ({ $error }), und es gelten die üblichen.
settings_line = Zeile { $line }: { $message }

## A gap in a log that the panel shows

log_left_out = { $count ->
    [one] hier fehlt 1 Zeile; sie steht in der Protokolldatei
   *[other] hier fehlen { $count } Zeilen; sie stehen in der Protokolldatei
}

## Windows with logs, and what is refused in them

window_log = Ausgabe von { $label }
window_logs = Ausgabe aller Dienste
refused_logs = Die Protokolldateien konnten nicht gelesen oder geschrieben werden: { $error }.
refused_pattern = Das ist kein regulärer Ausdruck: { $error }.
