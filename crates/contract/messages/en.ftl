# What causes, holders of ports and refused launches are called in English: on a terminal, in JSON, in the tray
# and in the panel. An id is that of the other languages, and its arguments are; the tests compare them.

## How long something takes

milliseconds = { $count } ms
seconds = { $count } s

## States of services, beside a service

state_stopped = Stopped
state_starting = Starting
state_healthy = Running
state_unhealthy = Not answering
state_stopping = Stopping
state_backoff = Restarting
state_conflict = Port taken
state_failed = Failed
state_done = Done

## The same in a sentence

is_stopped = is stopped
is_starting = is starting
is_healthy = is running
is_unhealthy = does not answer
is_stopping = is stopping
is_backoff = is started again
is_conflict = lacks its port
is_failed = has failed
is_done = is done

## The process that has a port

holder_named = { $name } ({ $pid })
holder_process = process { $pid }
holder_of_user = a process of user { $user }
holder_system = { $name }, which keeps a range of ports for itself
holder_unknown = another process

## Causes: the id is the kind of the cause, the arguments are its fields. A sentence about a service begins with what it did

cause_exited = exited with code { $code }
cause_signalled = was ended by { $signal }
cause_not_ready = was not ready within { $limit }
cause_not_ready_because = was not ready within { $limit } ({ $because })
cause_no_program = there is no program `{ $program }`
cause_no_folder = its folder { $folder } is not there; make it, or correct `cwd` in the stack file
cause_cannot_run = { $fault ->
    [folder] { $program } is a folder; name the program in it
    [not_executable] { $program } may not be executed; run `chmod +x { $program }`, or name its interpreter before it
    [nothing_runs_there] { $program } lies where nothing may be executed (a file system mounted with noexec); move it, or name its interpreter before it
    [no_interpreter_line] { $program } does not say what interprets it; begin it with a line like #!/bin/sh, or name its interpreter before it
    [windows_line_ends] the lines of { $program } end as on Windows, so that its interpreter is not found; run `sed -i 's/\r//' { $program }`
    [no_interpreter] { $program } needs { $lacks }, which is not there; install it, or correct what { $program } asks for
    [other_machine] { $program } was made for another kind of processor ({ $lacks }); get the one for this machine
   *[no_program] { $program } is no program for this system; get the one for it, or name what runs it before it
}
cause_cannot_start = cannot start { $program }: { $error }
cause_refused = the connection was refused
cause_check_failed = its check failed ({ $because })
cause_check_said = its check failed ({ $because }): { $line }
cause_cannot_probe = the launcher cannot send a probe: { $error }
cause_no_answer = no answer within { $limit }
cause_suspended = { $name } ({ $pid }) is suspended and cannot answer; `kill -CONT { $pid }` lets it go on
cause_traced = { $name } ({ $pid }) is stopped in a debugger and cannot answer; let it go on there
cause_answered = answered { $status } to GET { $path }
cause_unresponsive = did not answer { $count } times in a row ({ $because })
cause_takes_socket_itself = { $because }: gunicorn takes the inherited socket by itself; leave the option with `fd://` out of its command
cause_passes_no_socket = { $because }: npm does not pass the inherited socket on; set handoff = "number", or run the program without npm
cause_needs_socket = { $because }: its command names a descriptor, and it inherits none; set handoff = "socket"
cause_port_taken = port { $port } is used by { $holder }
cause_connections_linger = connections of the last run to port { $port } are still closing
cause_answered_by_other = port { $port } is answered by { $holder }, which is not a process of this service; if it listens on its behalf (docker -p, ssh -L, a proxy), set listener = "any" in the stack file
cause_served_by = { $holder } listens on its behalf
cause_listeners_hidden = where it listens cannot be told, since { $holder } hides its sockets (it is another user's, has file capabilities or is not dumpable); see `sudo ss -ltnp`
cause_loopback_taken = { $holder } listens at { $address }, where a browser may look for localhost; end it, or move the service
cause_socket_not_taken = no process accepts connections at { $address }, { $handed ->
    [server] the socket that it can ask SYSTEMFD_SOCKET_SERVER for; let it do so, or set handoff = "number"
   *[descriptor] the socket that it inherits as descriptor 3; let it listen there (behind a shell, start it by `exec`), or set handoff = "number"
}
cause_listens_elsewhere = it listens on { $listeners }, and no process accepts connections at { $address }, { $handed ->
    [server] the socket that it can ask SYSTEMFD_SOCKET_SERVER for; let it do so, or set handoff = "number"
   *[descriptor] the socket that it inherits as descriptor 3; let it listen there (behind a shell, start it by `exec`), or set handoff = "number"
}
cause_not_on_told_port = it listens on { $listeners }, not on the port { $port } that it was told: is a port fixed in its command, its script or its settings?
cause_port_lost = lost its port { $count } times in a row
cause_addresses_changed = the address of a service that it is given changed more than { $count } times within a minute, and it was started again each time; let that service listen on the port that it is told
cause_port_lost_before_start = its port was lost before the new process was started
cause_taking_over = a new process is about to take over
cause_stale_address = an address that it was given has changed; a new process is about to take over
cause_draining = the old process finishes its requests
cause_starting_again = ending, then starting again
cause_next_start = next start in { $count } s
cause_waiting_for = waiting for { $label }
cause_held_back = waiting for { $label }, which { $state }
cause_held_back_because = waiting for { $label }, which { $state } ({ $because })
cause_ending = { $count ->
    [one] ending, 1 process left
   *[other] ending, { $count } processes left
}
cause_ending_then_starting = { $count ->
    [one] ending, 1 process left, then starting again
   *[other] ending, { $count } processes left, then starting again
}
cause_port_of = port { $port } is the one of { $label }
cause_not_in_conflict = { $label } is not in conflict over port { $port }
cause_other_holder = port { $port } is used by { $holder }, and not by the process that was to be ended
cause_holder_not_ours = port { $port } is used by { $holder }, which is not known to be yours; end it yourself
cause_not_ours = { $name } ({ $pid }) became { $user }'s and could not be ended; run `sudo kill -KILL { $pid }`
cause_stuck = { $name } ({ $pid }) was killed and does not end: it is frozen or waits for a device; thaw it, or see `ps -o stat,wchan:20,cgroup { $pid }`
cause_left_out = left out of this launch
cause_stopped = it was stopped
cause_needs = it needs { $label }, which { $state }
cause_needs_because = it needs { $label }, which { $state } ({ $because })
cause_finished = has done its work
cause_keeps_ending = ends with exit code 0 each time; where that is its purpose, set restart = "on-failure" in the stack file
cause_in_background = exited with code 0 (if it goes into the background, have it stay in the foreground: often --foreground, -D or --nodaemon)
cause_gave_up = { $because }, given up after { $count } starts in { $seconds } s
cause_not_replaced = the new process { $because }; the old one goes on
cause_not_healthy = { $label } is not healthy: { $because }
cause_rolled_back = { $because }; everything is back at its earlier port

## What happened: the id is the kind, but for the end of the whole stack. The argument `because` is a cause

happening_launched = The stack was launched
happening_started = { $label } was started
happening_healthy = { $label } is running
happening_unhealthy = { $label } does not answer ({ $because })
happening_exited = { $label } { $because }
happening_restarted = { $reason ->
    [exited] { $label } was restarted, since it had ended by itself
    [signal] { $label } was restarted, since a signal had ended it
    [unhealthy] { $label } was restarted, since it did not answer
    [changed] { $label } was restarted for the new settings
    [address] { $label } was restarted, since an address had changed
   *[request] { $label } was restarted on request
}
happening_moved = { $reason ->
    [changed] { $label } moved from { $from } to { $to }, as the settings say
    [address] { $label } moved from { $from } to { $to }, since its port was lost
   *[request] { $label } moved from { $from } to { $to }
}
happening_moved_because = { $label } moved from { $from } to { $to }: { $because }
happening_conflict = { $label } has no port: { $because }
happening_failed = { $label } failed: { $because }
happening_stopped = { $label } was stopped
happening_ended = The stack was stopped
happening_settings = New settings were applied

## Settings

bad_port = A port is a number from 1 to 65535.

## Why nothing was launched

launch_bad_port = { $message }
launch_bad_host = SKINAI_HOST is `{ $host }`, which is no IP address; write one like 127.0.0.1 or ::1
launch_bad_name = `{ $name }` is not a name for an instance: use letters, digits, `-`, `_` and `.`, at most 40
launch_runs = instance { $name } runs already; stop it with `skinai stop --instance { $name }` or choose another name
launch_runs_as = instance { $name } runs already (process { $pid }); stop it with `skinai stop --instance { $name }` or choose another name
launch_folder = cannot use the runtime folder { $folder }: { $error }
launch_untrusted_folder = the folder { $message }
launch_untrusted_file = the stack file { $message }, or name another one by --stack or SKINAI_STACK
launch_not_yours = { $wanted } is not used, since { $path } belongs to { $owner }; make it yours with chown, or set HOME, or the XDG variable that names it, to a folder of yours
launch_writable_by_all = { $wanted } is not used, since everybody may write to { $path }; forbid it by `chmod o-w { $path }`
launch_writable_by_group = { $wanted } is not used, since the members of group { $group } may write to { $path }; forbid it by `chmod g-w { $path }`
launch_no_program = service { $service }: there is no program `{ $program }`; check the command in the stack file
launch_cannot_run = service { $service }: { $message }
launch_strict = { $message }; the stack file says strict = true, so no other port is used
launch_no_free_port = no free port for service { $service }: { $reason }; end one of the holders, or give another range
launch_left_behind = processes are left that could not be ended: { $pids }
launch_system = cannot { $what }: { $error }
launch_no_service = there is no service `{ $name }`; there are { $services }
launch_needs_profile = { $service } needs { $need }, which is left out: add { $profiles }
launch_nothing_active = every service has a profile, and none of these is active: add { $profiles }
launch_unreadable = cannot read the stack file { $file }: { $error }; mend it, or name another one by --stack or SKINAI_STACK
launch_wrong = { $file }:{ $line }:{ $column }: { $message }
launch_wrong_at = { $file }:{ $line }:{ $column }: { $message } (found `{ $text }`)
