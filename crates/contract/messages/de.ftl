# What causes, holders of ports and refused launches are called in German, in the tray and in the panel.

## How long something takes

milliseconds = { $count } ms
seconds = { $count } s

## States of services, beside a service

state_stopped = Gestoppt
state_starting = Startet
state_healthy = Läuft
state_unhealthy = Antwortet nicht
state_stopping = Wird gestoppt
state_backoff = Startet neu
state_conflict = Port belegt
state_failed = Ausgefallen
state_done = Fertig

## The same in a sentence

is_stopped = gestoppt
is_starting = startet
is_healthy = läuft
is_unhealthy = antwortet nicht
is_stopping = wird gestoppt
is_backoff = startet neu
is_conflict = Port belegt
is_failed = ausgefallen
is_done = fertig

## The process that has a port

holder_named = { $name } ({ $pid })
holder_process = Prozess { $pid }
holder_of_user = einem Prozess des Benutzers { $user }
holder_system = { $name }, das einen Bereich von Ports für sich behält
holder_unknown = einem anderen Prozess

## Causes: the id is the kind of the cause, the arguments are its fields. A sentence about a service begins with what it did

cause_exited = hat sich mit Code { $code } beendet
cause_signalled = wurde durch { $signal } beendet
cause_not_ready = war nicht in { $limit } bereit
cause_not_ready_because = war nicht in { $limit } bereit ({ $because })
cause_no_program = es gibt kein Programm „{ $program }“
cause_no_folder = sein Ordner { $folder } fehlt; legen Sie ihn an, oder berichtigen Sie `cwd` in der Stack-Datei
cause_cannot_run = { $fault ->
    [folder] { $program } ist ein Ordner; nennen Sie das Programm darin
    [not_executable] { $program } darf nicht ausgeführt werden; führen Sie `chmod +x { $program }` aus, oder nennen Sie seinen Interpreter davor
    [nothing_runs_there] { $program } liegt, wo nichts ausgeführt werden darf (ein mit noexec eingehängtes Dateisystem); verschieben Sie es, oder nennen Sie seinen Interpreter davor
    [no_interpreter_line] { $program } sagt nicht, was es interpretiert; beginnen Sie es mit einer Zeile wie #!/bin/sh, oder nennen Sie seinen Interpreter davor
    [windows_line_ends] die Zeilen von { $program } enden wie unter Windows, sodass sein Interpreter nicht gefunden wird; führen Sie `sed -i 's/\r//' { $program }` aus
    [no_interpreter] { $program } braucht { $lacks }, das es hier nicht gibt; installieren Sie es, oder berichtigen Sie, was { $program } verlangt
    [other_machine] { $program } ist für eine andere Art von Prozessor gemacht ({ $lacks }); besorgen Sie das für diesen Rechner
   *[no_program] { $program } ist kein Programm für dieses System; besorgen Sie das passende, oder nennen Sie davor, was es ausführt
}
cause_cannot_start = { $program } lässt sich nicht starten: { $error }
cause_refused = die Verbindung wurde abgelehnt
cause_check_failed = seine Prüfung ist gescheitert ({ $because })
cause_check_said = seine Prüfung ist gescheitert ({ $because }): { $line }
cause_cannot_probe = das Programm kann keine Anfrage stellen: { $error }
cause_no_answer = keine Antwort in { $limit }
cause_suspended = { $name } ({ $pid }) ist angehalten und kann nicht antworten; mit `kill -CONT { $pid }` läuft es weiter
cause_traced = { $name } ({ $pid }) steht in einem Debugger und kann nicht antworten; lassen Sie es dort weiterlaufen
cause_answered = hat auf GET { $path } mit { $status } geantwortet
cause_unresponsive = hat { $count }-mal hintereinander nicht geantwortet ({ $because })
cause_takes_socket_itself = { $because }: gunicorn nimmt den geerbten Socket von selbst; lassen Sie die Option mit `fd://` in seinem Befehl weg
cause_passes_no_socket = { $because }: npm gibt den geerbten Socket nicht weiter; setzen Sie handoff = "number", oder starten Sie das Programm ohne npm
cause_needs_socket = { $because }: sein Befehl nennt einen Deskriptor, und es erbt keinen; setzen Sie handoff = "socket"
cause_port_taken = Port { $port } wird von { $holder } benutzt
cause_connections_linger = Verbindungen des letzten Laufs zu Port { $port } werden noch geschlossen
cause_answered_by_other = auf Port { $port } antwortet { $holder }, kein Prozess dieses Dienstes; lauscht er für ihn (docker -p, ssh -L, ein Proxy), dann in der Stack-Datei listener = "any" setzen
cause_served_by = { $holder } lauscht für ihn
cause_listeners_hidden = wo er lauscht, ist nicht zu erkennen, da { $holder } seine Sockets verbirgt (er gehört einem anderen Benutzer, hat Datei-Capabilities oder ist nicht „dumpable“); siehe `sudo ss -ltnp`
cause_loopback_taken = { $holder } lauscht auf { $address }, wo ein Browser localhost suchen kann; diesen Prozess beenden oder dem Dienst einen anderen Port geben
cause_socket_not_taken = kein Prozess nimmt Verbindungen an { $address } an, { $handed ->
    [server] dem Socket, um den der Dienst SYSTEMFD_SOCKET_SERVER bitten kann; das tun lassen oder handoff = "number" setzen
   *[descriptor] dem Socket, den der Dienst als Deskriptor 3 erbt; dort lauschen lassen (hinter einer Shell mit `exec` starten) oder handoff = "number" setzen
}
cause_listens_elsewhere = lauscht auf { $listeners }, und kein Prozess nimmt Verbindungen an { $address } an, { $handed ->
    [server] dem Socket, um den der Dienst SYSTEMFD_SOCKET_SERVER bitten kann; das tun lassen oder handoff = "number" setzen
   *[descriptor] dem Socket, den der Dienst als Deskriptor 3 erbt; dort lauschen lassen (hinter einer Shell mit `exec` starten) oder handoff = "number" setzen
}
cause_not_on_told_port = lauscht auf { $listeners }, nicht auf dem Port { $port }, der ihm genannt wurde: Steht ein Port fest in seinem Befehl, seinem Skript oder seinen Einstellungen?
cause_port_lost = hat seinen Port { $count }-mal hintereinander verloren
cause_addresses_changed = die Adresse eines Dienstes, die er bekommt, hat sich innerhalb einer Minute mehr als { $count }-mal geändert, und jedes Mal wurde er neu gestartet; jenen Dienst auf dem Port lauschen lassen, der ihm genannt wird
cause_port_lost_before_start = der Port ging verloren, bevor der neue Prozess startete
cause_taking_over = neuer Prozess übernimmt gleich
cause_stale_address = eine Adresse, die er bekommen hat, hat sich geändert; neuer Prozess übernimmt gleich
cause_draining = alter Prozess läuft aus
cause_starting_again = startet danach neu
cause_next_start = nächster Start in { $count } s
cause_waiting_for = wartet auf { $label }
cause_held_back = wartet auf { $label }, und das läuft nicht ({ $state })
cause_held_back_because = wartet auf { $label }, und das läuft nicht ({ $state }: { $because })
cause_ending = { $count ->
    [one] noch 1 Prozess
   *[other] noch { $count } Prozesse
}
cause_ending_then_starting = { $count ->
    [one] noch 1 Prozess, dann Neustart
   *[other] noch { $count } Prozesse, dann Neustart
}
cause_port_of = Port { $port } ist der von { $label }
cause_not_in_conflict = um Port { $port } gibt es für { $label } keinen Konflikt
cause_other_holder = Port { $port } wird von { $holder } benutzt und nicht von dem Prozess, der beendet werden sollte
cause_holder_not_ours = Port { $port } wird von { $holder } benutzt, von dem nicht bekannt ist, dass er Ihnen gehört; beenden Sie ihn selbst
cause_not_ours = { $name } ({ $pid }) gehört jetzt { $user } und ließ sich nicht beenden; führen Sie `sudo kill -KILL { $pid }` aus
cause_stuck = { $name } ({ $pid }) wurde abgebrochen und endet nicht: Der Prozess ist eingefroren oder wartet auf ein Gerät; tauen Sie ihn auf, oder sehen Sie nach mit `ps -o stat,wchan:20,cgroup { $pid }`
cause_left_out = der Dienst ist bei diesem Start ausgelassen
cause_stopped = der Dienst wurde gestoppt
cause_needs = der Dienst braucht { $label }, und das läuft nicht ({ $state })
cause_needs_because = der Dienst braucht { $label }, und das läuft nicht ({ $state }: { $because })
cause_finished = hat seine Arbeit getan
cause_keeps_ending = endet jedes Mal mit Code 0; ist das sein Zweck, dann in der Stack-Datei restart = "on-failure" setzen
cause_in_background = endete mit Code 0 (geht es in den Hintergrund, dann lassen Sie es im Vordergrund laufen: oft --foreground, -D oder --nodaemon)
cause_gave_up = { $because }; nach { $count } Starts in { $seconds } s aufgegeben
cause_not_replaced = der neue Prozess { $because }; der alte läuft weiter
cause_not_healthy = { $label } läuft nicht: { $because }
cause_rolled_back = { $because }; alles ist wieder an seinem früheren Port

## What happened: the id is the kind, but for the end of the whole stack. The argument `because` is a cause

happening_launched = Der Stack wurde gestartet
happening_started = { $label } wurde gestartet
happening_healthy = { $label } läuft
happening_unhealthy = { $label } antwortet nicht ({ $because })
happening_exited = { $label } { $because }
happening_restarted = { $reason ->
    [exited] { $label } wurde neu gestartet, weil der Prozess sich beendet hatte
    [signal] { $label } wurde neu gestartet, weil ein Signal den Prozess beendet hatte
    [unhealthy] { $label } wurde neu gestartet, weil keine Antwort kam
    [changed] { $label } wurde für die neuen Einstellungen neu gestartet
    [address] { $label } wurde neu gestartet, weil sich eine Adresse geändert hatte
   *[request] { $label } wurde auf Wunsch neu gestartet
}
happening_moved = { $reason ->
    [changed] { $label } ist von { $from } auf { $to } umgezogen, wie es die Einstellungen wollen
    [address] { $label } ist von { $from } auf { $to } umgezogen, weil der Port verloren ging
   *[request] { $label } ist von { $from } auf { $to } umgezogen
}
happening_moved_because = { $label } ist von { $from } auf { $to } umgezogen: { $because }
happening_conflict = { $label } hat keinen Port: { $because }
happening_failed = { $label } ist ausgefallen: { $because }
happening_stopped = { $label } wurde angehalten
happening_ended = Der Stack wurde angehalten
happening_settings = Neue Einstellungen wurden übernommen

## Settings

bad_port = Ein Port ist eine Zahl von 1 bis 65535.

## Why nothing was launched

launch_bad_port = Ein Port ist falsch gesetzt: { $message }
launch_bad_host = SKINAI_HOST ist „{ $host }“, und das ist keine IP-Adresse; schreiben Sie eine wie 127.0.0.1 oder ::1
launch_bad_name = „{ $name }“ ist kein Name für eine Instanz: Erlaubt sind Buchstaben, Ziffern, „-“, „_“ und „.“, höchstens 40
launch_runs = Die Instanz { $name } läuft schon; halten Sie sie mit „skinai stop --instance { $name }“ an, oder wählen Sie einen anderen Namen
launch_runs_as = Die Instanz { $name } läuft schon (Prozess { $pid }); halten Sie sie mit „skinai stop --instance { $name }“ an, oder wählen Sie einen anderen Namen
launch_folder = Der Laufzeitordner { $folder } lässt sich nicht benutzen: { $error }
launch_untrusted_folder = Der Ordner { $message }
launch_untrusted_file = Die Stack-Datei { $message }, oder nennen Sie eine andere mit --stack oder SKINAI_STACK
launch_not_yours = { $wanted } wird nicht benutzt, denn { $path } gehört { $owner }; machen Sie es mit chown zu Ihrem, oder setzen Sie HOME oder die XDG-Variable, die es nennt, auf einen Ordner, der Ihnen gehört
launch_writable_by_all = { $wanted } wird nicht benutzt, denn in { $path } darf jeder schreiben; verbieten Sie das mit „chmod o-w { $path }“
launch_writable_by_group = { $wanted } wird nicht benutzt, denn in { $path } dürfen die Mitglieder der Gruppe { $group } schreiben; verbieten Sie das mit „chmod g-w { $path }“
launch_no_program = Dienst { $service }: Es gibt kein Programm „{ $program }“; prüfen Sie den Befehl in der Stack-Datei
launch_cannot_run = Dienst { $service }: { $message }
launch_strict = { $message }; in der Stack-Datei steht strict = true, deshalb wird kein anderer Port genommen
launch_no_free_port = Kein freier Port für den Dienst { $service }: { $reason }; beenden Sie eines der Programme, die die Ports haben, oder geben Sie einen anderen Bereich an
launch_left_behind = Prozesse sind übrig, die sich nicht beenden ließen: { $pids }
launch_system = Das System lässt es nicht zu ({ $what }): { $error }
launch_no_service = Es gibt keinen Dienst „{ $name }“; es gibt { $services }
launch_needs_profile = { $service } braucht { $need }, das ausgelassen wird: Geben Sie { $profiles } an
launch_nothing_active = Jeder Dienst hat ein Profil, und keines davon ist aktiv: Geben Sie { $profiles } an
launch_unreadable = Die Stack-Datei { $file } lässt sich nicht lesen: { $error }; beheben Sie das, oder nennen Sie eine andere mit --stack oder SKINAI_STACK
launch_wrong = { $file }, Zeile { $line }, Spalte { $column }: { $message }
launch_wrong_at = { $file }, Zeile { $line }, Spalte { $column }: { $message } (dort steht „{ $text }“)
