# What tray, notifications and answers to the panel say in English. An id is that of the other languages, and
# its arguments are; the tests compare them.

## The one sentence on top of the menu. Of some services: their number, and the names of the first two; 0 for all

headline_of = { $stack }: { $says }
headline_of_instance = { $stack } ({ $instance }): { $says }
headline_starting = starting
headline_silent = does not answer
headline_stopped = stopped
headline_not_started = not started
headline_all_healthy = all healthy
headline_all_stacks_healthy = { $count } stacks: all healthy
headline_some_failed = { $count ->
    [0] failed
    [1] { $first } failed
    [2] { $first } and { $second } failed
   *[other] { $count } services failed
}
headline_some_conflict = { $count ->
    [0] in conflict
    [1] { $first } in conflict
    [2] { $first } and { $second } in conflict
   *[other] { $count } services in conflict
}
headline_some_unhealthy = { $count ->
    [0] unhealthy
    [1] { $first } unhealthy
    [2] { $first } and { $second } unhealthy
   *[other] { $count } services unhealthy
}
headline_some_backoff = { $count ->
    [0] restarting after a crash
    [1] { $first } restarting after a crash
    [2] { $first } and { $second } restarting after a crash
   *[other] { $count } services restarting after a crash
}
headline_some_stopping = { $count ->
    [0] stopping
    [1] { $first } stopping
    [2] { $first } and { $second } stopping
   *[other] { $count } services stopping
}
headline_some_starting = { $count ->
    [0] starting
    [1] { $first } starting
    [2] { $first } and { $second } starting
   *[other] { $count } services starting
}
headline_some_stopped = { $count ->
    [0] stopped
    [1] { $first } stopped
    [2] { $first } and { $second } stopped
   *[other] { $count } services stopped
}
headline_held_back = { $count ->
    [1] { $says }; { $first } waits for it
   *[other] { $says }; { $count } services wait for it
}
headline_quitting = { $count ->
    [0] stopping
    [1] stopping: waiting for { $first }
    [2] stopping: waiting for { $first } and { $second }
   *[other] stopping: waiting for { $count } services
}

## The lines of the menu

menu_open = Open { $label }
menu_show_panel = Show port map
menu_start = Start
menu_stop = Stop
menu_restart = Restart
menu_reallocate = Re-allocate
menu_all_services = All services
menu_in_conflict = { $label }: port { $port } is used by { $holder }
menu_start_at_login = Start at login
menu_start_at_login_of = Start at login: { $stack }
menu_open_log_folder = Open log folder
menu_open_stack = Open stack…
menu_open_recent = Open recent
menu_end_stack = Stop this stack
menu_new_instance = New instance
menu_quit = Quit
menu_quit_and_end = Quit and stop { $count } stacks
menu_quit_now = Quit now

## The window in which a stack file is chosen

choose_stack_file = Open a stack file

## A stack file that was dropped

dropped_title = Launch this stack file?
dropped_runs = { $path } runs:
dropped_more = { $count ->
    [one] and 1 more
   *[other] and { $count } more
}
dropped_sure = These programs can do whatever you can do. Launch it if you know where the file is from.
dropped_yes = Launch
dropped_no = Cancel

## Why a stack of another process is not shown

silent_untold = The process that runs { $instance } does not tell how it is ({ $why }); end it, and launch the stack again.

## Notifications

notification_conflict = { $label } lost its port
notification_conflict_body = Port { $port } is used by { $holder }. Re-allocate gives it another one.
notification_failed = { $label } failed
notification_failed_body = It is not started again until you restart it.
notification_failed_because = It { $reason } and is not started again until you restart it.

## Why something that was asked for is not done

refused_no_stack = There is no stack { $instance } any more.
refused_no_file_there = { $path } is not there.
refused_no_stack_file = { $path } is no stack file: choose a file that ends in .toml, a Procfile, or a folder with a skinai.toml.
refused_nothing_runs = Nothing runs.
refused_ended = The services were stopped.
unknown_service = The stack has no service named { $service }.
refused_no_address = { $label } has no address yet.
refused_not_offered = { $label } is not offered to people.
refused_no_skinai = there is no program { $program }; install the application again
refused_no_file = This stack has no file: it is part of the application.
refused_no_folder = { $label } has no folder of its own, or it is not there any more.
refused_port_taken = { $label } was not opened: port { $port } is used by { $holder }.
refused_not_there = { $label } was not opened: nothing of it runs at its address.
refused_nothing_opens = { $what } was not opened ({ $error }). Set a default program for it in the settings of your desktop, or open it by hand.
refused_not_copied = It could not be copied: { $error }.
refused_not_saved = The settings could not be written: { $error }.
refused_start_at_login = Starting at login could not be changed: { $error }.
refused_ending = The application is ending.

## Why a request was not carried out, where the engine gives no cause

request_stopping = The services are being stopped.
request_superseded = Something newer was asked for meanwhile.
request_no_free_port = No other port is free: { $message }
request_port_taken = A port cannot be set: { $message }
request_port_is_strict = { $label } keeps port { $port }: the stack file says so (strict = true).

## What is wrong with settings

settings_room = { $range } has room for { $room } of the { $services } services; widen it.
settings_reversed = The port range starts above its end; did you mean { $end }-{ $start }?
settings_bad_range = Write a port range as 8000-9000.
settings_doubled = { $label } has this port already.
settings_taken = Port { $port } is used by { $holder }.
settings_whole_path = Give the whole path, from the root folder on.

## Settings that could not be read

settings_untrusted = The settings file { $message }. The usual settings apply.
settings_kept = The settings in { $path } could not be used ({ $why }); it is kept as { $kept }, and the usual ones apply.
settings_not_kept = The settings in { $path } could not be used ({ $why }); it could not be set aside ({ $error }), and the usual ones apply.
settings_line = line { $line }: { $message }

## A gap in a log that the panel shows

log_left_out = { $count ->
    [one] 1 line left out here; the log file has it
   *[other] { $count } lines left out here; the log file has them
}

## Windows with logs, and what is refused in them

window_log = Output of { $label }
window_logs = Output of all services
refused_logs = The log files could not be read or written: { $error }.
refused_pattern = This is no regular expression: { $error }.
