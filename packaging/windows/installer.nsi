; The installer for Windows: for one user, without an administrator. `cargo xtask bundle` gives it VERSION and
; VERSION_NUMBERS, PACKED (the folder of what is packed), SIZE_KIB, ICON, COMPRESSION (a command) and OUTPUT. /S installs
; and removes without a question.
;
; What of the programs runs is never overwritten: the application is asked to quit, and launched again if it ran; a
; `skinai` of a terminal goes on as the file that it was started from, which is moved aside.

Unicode true
Target amd64-unicode
${COMPRESSION}
RequestExecutionLevel user
ManifestDPIAware true

!define NAME "Skin AI Assistant"
!define ID "app.skinai.Assistant"
!define APPLICATION "skin-ai-assistant.exe"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${ID}"
!define AUTOSTART "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
; Where Microsoft says whether the Evergreen WebView2 Runtime is installed, and where it comes from:
; https://learn.microsoft.com/microsoft-edge/webview2/concepts/distribution
!define WEBVIEW "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define BOOTSTRAPPER "https://go.microsoft.com/fwlink/p/?LinkId=2124703"
; How long services may take to end, in steps of 200 ms.
!define STEPS_MAX 300

Name "${NAME}"
OutFile "${OUTPUT}"
Icon "${ICON}"
UninstallIcon "${ICON}"
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION_NUMBERS}"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${NAME}"
VIAddVersionKey "LegalCopyright" "MIT OR Apache-2.0"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

LoadLanguageFile "${NSISDIR}\Contrib\Language files\English.nlf"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\German.nlf"
LangString STILL_RUNS ${LANG_ENGLISH} "${NAME} still runs. Quit it in its menu, and do this again."
LangString STILL_RUNS ${LANG_GERMAN} "${NAME} läuft noch. Beenden Sie es in seinem Menü und versuchen Sie es erneut."
LangString IN_USE ${LANG_ENGLISH} "A program in $INSTDIR cannot be replaced. Close what uses it, and do this again."
LangString IN_USE ${LANG_GERMAN} "Ein Programm in $INSTDIR lässt sich nicht ersetzen. Schließen Sie, was es benutzt, und versuchen Sie es erneut."
LangString FETCHES ${LANG_ENGLISH} "The panel needs WebView2, which is missing: fetching it from Microsoft"
LangString FETCHES ${LANG_GERMAN} "Das Fenster braucht WebView2, das fehlt: es wird von Microsoft geholt"
LangString NO_WEBVIEW ${LANG_ENGLISH} "WebView2 cannot be fetched. Until it is installed there is the icon alone: ${BOOTSTRAPPER}"
LangString NO_WEBVIEW ${LANG_GERMAN} "WebView2 ist nicht zu bekommen. Bis es installiert ist, gibt es nur das Symbol: ${BOOTSTRAPPER}"

; Whether the application ran before.
Var Ran

; Says what is wrong, to whom there is, and ends with exit code 2.
!macro Refuse text
  DetailPrint "${text}"
  MessageBox MB_OK|MB_ICONSTOP "${text}" /SD IDOK
  SetErrorLevel 2
  Quit
!macroend

; Asks the application to quit, its services included, and waits until it is gone.
!macro Quit un
Function ${un}QuitApplication
  StrCpy $Ran 0
  IfFileExists "$INSTDIR\${APPLICATION}" 0 gone
  nsExec::ExecToLog /TIMEOUT=30000 '"$INSTDIR\${APPLICATION}" --quit'
  Pop $0
  StrCmp $0 0 0 +2
    StrCpy $Ran 1
  StrCpy $1 0
  wait:
    ; Nobody can write to a program that runs.
    ClearErrors
    FileOpen $0 "$INSTDIR\${APPLICATION}" a
    IfErrors runs
    FileClose $0
    Goto gone
  runs:
    IntOp $1 $1 + 1
    IntCmp $1 ${STEPS_MAX} late 0 late
    Sleep 200
    Goto wait
  late:
    !insertmacro Refuse "$(STILL_RUNS)"
  gone:
FunctionEnd

; Makes room for $0 in the folder. What runs keeps its file under another name in the temporary folder.
Function ${un}MakeRoom
  IfFileExists "$INSTDIR\$0" 0 free
  ClearErrors
  Delete "$INSTDIR\$0"
  IfErrors 0 free
  GetTempFileName $1
  Delete $1
  ClearErrors
  Rename "$INSTDIR\$0" "$1"
  IfErrors 0 free
  !insertmacro Refuse "$(IN_USE)"
  free:
FunctionEnd

; Those who start programs learn that PATH is another one.
Function ${un}TellOfPath
  ; HWND_BROADCAST, WM_SETTINGCHANGE
  SendMessage 0xffff 0x1a 0 "STR:Environment" /TIMEOUT=2000
FunctionEnd
!macroend
!insertmacro Quit ""
!insertmacro Quit "un."

Function WebView
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW}" "pv"
  StrCmp $0 "" 0 found
  ReadRegStr $0 HKCU "Software\${WEBVIEW}" "pv"
  StrCmp $0 "" 0 found
  missing:
    DetailPrint "$(FETCHES)"
    InitPluginsDir
    ; Windows brings curl since 2018. Both are bounded: a silent installation waits for nobody.
    nsExec::ExecToLog /TIMEOUT=180000 '"$SYSDIR\curl.exe" -fsSL --connect-timeout 10 --max-time 170 -o "$PLUGINSDIR\webview2.exe" "${BOOTSTRAPPER}"'
    Pop $0
    StrCmp $0 0 0 failed
    nsExec::ExecToLog /TIMEOUT=600000 '"$PLUGINSDIR\webview2.exe" /silent /install'
    Pop $0
    StrCmp $0 0 done
  failed:
    DetailPrint "$(NO_WEBVIEW)"
    Goto done
  found:
    StrCmp $0 "0.0.0.0" missing
  done:
FunctionEnd

Section
  SetShellVarContext current
  Call QuitApplication
  StrCpy $0 "${APPLICATION}"
  Call MakeRoom
  StrCpy $0 "skinai.exe"
  Call MakeRoom
  StrCpy $0 "WebView2Loader.dll"
  Call MakeRoom
  SetOutPath "$INSTDIR"
  File "${PACKED}/*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${APPLICATION}"
  nsExec::ExecToLog /TIMEOUT=30000 '"$INSTDIR\skinai.exe" user-path add'
  Pop $0
  Call TellOfPath

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${APPLICATION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Skin AI Assistant developers"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE_KIB}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1

  Call WebView
  StrCmp $Ran 1 0 +2
    Exec '"$INSTDIR\${APPLICATION}" --hidden'
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  Call un.QuitApplication
  nsExec::ExecToLog /TIMEOUT=30000 '"$INSTDIR\skinai.exe" user-path remove'
  Pop $0
  Call un.TellOfPath

  ; An instance that starts at login has an entry of its own.
  StrLen $3 "$INSTDIR\"
  StrCpy $1 0
  next:
    ClearErrors
    EnumRegValue $0 HKCU "${AUTOSTART}" $1
    StrCmp $0 "" over
    IntOp $1 $1 + 1
    ReadRegStr $2 HKCU "${AUTOSTART}" $0
    StrCpy $4 $2 1
    StrCmp $4 '"' 0 +2
      StrCpy $2 $2 "" 1
    StrCpy $2 $2 $3
    StrCmp $2 "$INSTDIR\" 0 next
    DeleteRegValue HKCU "${AUTOSTART}" $0
    DeleteRegValue HKCU "${APPROVED}" $0
    IntOp $1 $1 - 1
    Goto next
  over:

  StrCpy $0 "${APPLICATION}"
  Call un.MakeRoom
  StrCpy $0 "skinai.exe"
  Call un.MakeRoom
  StrCpy $0 "WebView2Loader.dll"
  Call un.MakeRoom
  Delete "$INSTDIR\LICENSE-APACHE"
  Delete "$INSTDIR\LICENSE-MIT"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
