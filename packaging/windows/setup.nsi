; stillopen-VERSION-setup.exe. Made by build_installer.py, which gives VERSION, FILES (the lines that unpack one version),
; TOOLS (our two programs), SIZE_KIB, OUT and, where somebody signs, SIGN; UPDATE_ROOT: the root of trust for updates.
;
;   setup.exe [/S] [/PROVISION=file] [/KIOSK] [/BROWSER=path]
;   uninstall.exe [/S] [/EXPORT=file] [/FORCE] [/PURGE]
;
; What goes wrong is said in a window or, with /S, in %ProgramData%\Stillopen\setup.log; the exit codes stand in ../README.md.
; Until the step "in force" nothing of the version that runs is touched but its service, which is stopped for a moment.

Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
SetDateSave off        ; the same files, the same bytes
ManifestSupportedOS Win10
RequestExecutionLevel admin
Name "Stillopen"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\Stillopen"
ShowInstDetails show
ShowUninstDetails show
VIProductVersion "0.0.0.0"
VIAddVersionKey ProductName "Stillopen"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Stillopen setup"
VIAddVersionKey LegalCopyright "Apache-2.0"

!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh

!define KEY "Software\Stillopen"
!define LISTED "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillopen"
!define APPS "Software\Microsoft\Windows\CurrentVersion\App Paths"
; a window of its own over the whole screen; no gesture leads away from the till
!define KIOSK "--kiosk --no-first-run --disable-pinch --overscroll-history-navigation=0"

!define NOT_HERE 3      ; does not run on this PC; nothing was changed
!define WENT_BACK 4     ; was not well; the version before is in force again
!define NOT_WELL 5      ; the service cannot be made, stopped or started
!define BAD_FILE 6      ; the provisioning file was refused; nothing was changed
!define WAITING 7       ; uninstall: records wait for a cloud

!define TRIES_MAX 30     ; a second apart

!ifdef SIGN
  !uninstfinalize `${SIGN} "%1"` = 0
  !finalize `${SIGN} "%1"` = 0
!endif

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Var DATA        ; %ProgramData%\Stillopen
Var LOG
Var SAID        ; what was said before something else was run
Var OLD         ; the version in force before; empty where there is none
Var NEW         ; the folder of the one that comes
Var MADE        ; the same, once it is there by that name
Var PROVISION
Var KEPT        ; the configuration that $OLD sold by, while another is tried; empty where there is nothing to put back
Var CODE
Var BROWSER
Var PAGE
Var TRIES
Var HELD        ; the file that keeps the service's errands away, open

; Run a program to its end: $0 becomes its exit code (or "error"), $1 what it said; both go to the log.
!macro Run COMMAND
  DetailPrint `${COMMAND}`
  nsExec::ExecToStack `${COMMAND}`
  Pop $0
  Pop $1
  FileWrite $LOG `${COMMAND}$\r$\n$1(exit code $0)$\r$\n`
!macroend
!define Run "!insertmacro Run"

!macro Stop CODE TEXT
  FileWrite $LOG `${TEXT}$\r$\n`
  FileClose $LOG
  SetErrorLevel ${CODE}
  MessageBox MB_OK|MB_ICONSTOP `${TEXT}` /SD IDOK
  Abort `${TEXT}`
!macroend
!define Stop "!insertmacro Stop"

; HOST: our program, which leaves the store's folder to administrators before anything is written there.
!macro Begin HOST
  SetRegView 64
  SetShellVarContext all
  StrCpy $DATA "$APPDATA\Stillopen"       ; %ProgramData% in this context
  nsExec::ExecToStack '"${HOST}" folder'
  Pop $0
  Pop $SAID
  ${If} $0 != 0
    SetErrorLevel ${NOT_HERE}
    MessageBox MB_OK|MB_ICONSTOP "Nothing was changed. $SAID" /SD IDOK
    Abort "Nothing was changed. $SAID"
  ${EndIf}
  FileOpen $LOG "$DATA\setup.log" a
  FileSeek $LOG 0 END
  FileWrite $LOG "$SAID"
  ReadINIStr $OLD "$INSTDIR\service.ini" service version
!macroend

; The task that does errands as SYSTEM may be in the middle of a switch: it is waited for, and kept away until this has
; ended, however that is. Defined twice, since an uninstaller knows no other functions.
!macro KeepErrandsAway
  CreateDirectory "$INSTDIR"
  StrCpy $TRIES 0
  ${Do}
    System::Call 'kernel32::CreateFileW(w "$INSTDIR\errands.lock", i 0x40000000, i 0, p 0, i 4, i 0x80, p 0) p .r0'   ; shared with nobody
    StrCpy $HELD $0
    ${If} $HELD <> -1
      ${ExitDo}
    ${EndIf}
    ${If} $TRIES = 0
      FileWrite $LOG "An errand of the service is under way: it is waited for.$\r$\n"
    ${EndIf}
    IntOp $TRIES $TRIES + 1
    ${If} $TRIES > ${TRIES_MAX}
      ${Stop} ${NOT_WELL} "An update is under way on this PC; nothing was changed. Next: look at it (stillopen update status), and run this again."
    ${EndIf}
    Sleep 1000
  ${Loop}
!macroend

!macro LetErrandsCome
  System::Call 'kernel32::CloseHandle(p $HELD)'
!macroend

Function .onInit
  StrCpy $INSTDIR "$PROGRAMFILES64\Stillopen"   ; not to be chosen: updates and support find it there
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_OK|MB_ICONSTOP "Stillopen needs a 64-bit Windows 10 or newer." /SD IDOK
    SetErrorLevel ${NOT_HERE}
    Quit
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PROVISION=" $PROVISION
  ${IfNot} ${Errors}
    GetFullPathName $PROVISION "$PROVISION"
    ${IfNot} ${FileExists} "$PROVISION"
      MessageBox MB_OK|MB_ICONSTOP "The provisioning file is not there: $PROVISION" /SD IDOK
      SetErrorLevel ${BAD_FILE}
      Quit
    ${EndIf}
  ${EndIf}
FunctionEnd

; Put one of our programs in the place of the one before, in one step: a power cut leaves one or the other. A service that
; has stopped may still be leaving, and a virus scanner looking: it is tried again.
!macro Replace NAME
  File "/oname=${NAME}.new" "${TOOLS}/${NAME}"
  StrCpy $TRIES 0
  ${Do}
    System::Call 'kernel32::MoveFileExW(w "$INSTDIR\${NAME}.new", w "$INSTDIR\${NAME}", i 9) i .r0'   ; replace, write through
    ${If} $0 <> 0
      ${ExitDo}
    ${EndIf}
    IntOp $TRIES $TRIES + 1
    ${If} $TRIES > ${TRIES_MAX}
      Call StartOld
      Call LeaveNothing
      ${Stop} ${NOT_WELL} "${NAME} is in use and cannot be replaced. Next: close every window of Stillopen, and run this again."
    ${EndIf}
    Sleep 1000
  ${Loop}
!macroend

; What was in force sells on.
Function StartOld
  ${If} $OLD != ""
    ${Run} '"$INSTDIR\stillopen-service.exe" start'
  ${EndIf}
FunctionEnd

; The configuration of before with the version of before; $CODE becomes WENT_BACK where that version sells by it.
Function ConfigurationBack
  ${Run} '"$INSTDIR\stillopen-service.exe" stop'
  System::Call 'kernel32::MoveFileExW(w "$KEPT", w "$DATA\stillopen.toml", i 9) i .r0'
  ${If} $0 = 0
    FileWrite $LOG "The configuration of before was not put back: it is $KEPT.$\r$\n"
  ${EndIf}
  ${Run} '"$INSTDIR\stillopen-service.exe" start'
  ReadINIStr $2 "$INSTDIR\service.ini" service version
  ${If} $0 = 0
  ${AndIf} $2 == $OLD
    StrCpy $CODE ${WENT_BACK}
  ${EndIf}
FunctionEnd

; Take away what this setup has put there, by name: never a folder as a whole.
Function LeaveNothing
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR\${VERSION}.new"
  ${If} $MADE != ""
    RMDir /r "$INSTDIR\$MADE"
  ${EndIf}
  Delete "$INSTDIR\stillopen-service.exe.new"
  Delete "$INSTDIR\stillopen.exe.new"
  ${If} $OLD == ""
    !insertmacro LetErrandsCome
    Delete "$INSTDIR\errands.lock"
    Delete "$INSTDIR\stillopen-service.exe"
    Delete "$INSTDIR\stillopen.exe"
    RMDir "$INSTDIR"
  ${EndIf}
FunctionEnd

Section
  InitPluginsDir
  File "/oname=$PLUGINSDIR\stillopen-service.exe" "${TOOLS}/stillopen-service.exe"
  !insertmacro Begin "$PLUGINSDIR\stillopen-service.exe"
  !insertmacro KeepErrandsAway
  StrCpy $NEW "${VERSION}"
  ${If} $OLD == "${VERSION}"              ; the same version again, over itself: as the Debian package counts, and updates do
    StrCpy $TRIES 1
    ${Do}
      IntOp $TRIES $TRIES + 1
      StrCpy $NEW "${VERSION}.$TRIES"
    ${LoopWhile} ${FileExists} "$INSTDIR\$NEW\*.*"
  ${EndIf}

  ; beside the version that runs
  RMDir /r "$INSTDIR\${VERSION}.new"
  !include "${FILES}"
  SetOutPath "$INSTDIR"
  ${Run} '"$INSTDIR\${VERSION}.new\python\python.exe" -I -X utf8 "$INSTDIR\${VERSION}.new\stillopen.py" --version'
  ${If} $0 != 0
    Call LeaveNothing
    ${Stop} ${NOT_HERE} "Stillopen ${VERSION} does not run on this PC; nothing was changed. What it said: $1"
  ${EndIf}
  RMDir /r "$INSTDIR\$NEW"                ; one that was begun before, and is not in force
  StrCpy $TRIES 0
  ${Do}                                   ; a virus scanner may still look into what was just written
    ClearErrors
    Rename "$INSTDIR\${VERSION}.new" "$INSTDIR\$NEW"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    IntOp $TRIES $TRIES + 1
    ${If} $TRIES > ${TRIES_MAX}
      Call LeaveNothing
      ${Stop} ${NOT_WELL} "$INSTDIR\$NEW cannot be made; nothing was changed. Next: restart the PC, and run this again."
    ${EndIf}
    Sleep 1000
  ${Loop}
  StrCpy $MADE $NEW

  ; in its place
  ${If} $OLD != ""
    ${Run} '"$INSTDIR\stillopen-service.exe" stop'
    ${If} $0 != 0
      StrCpy $SAID $1
      Call StartOld
      Call LeaveNothing
      ${Stop} ${NOT_WELL} "The service does not stop; nothing was changed. What it said: $SAID"
    ${EndIf}
  ${EndIf}
  !insertmacro Replace stillopen-service.exe
  !insertmacro Replace stillopen.exe

  ; this lane
  ${If} $PROVISION != ""
    ${If} $OLD != ""
    ${AndIf} ${FileExists} "$DATA\stillopen.toml"
      StrCpy $KEPT "$DATA\stillopen.toml.setup"
      Delete "$KEPT"
      CopyFiles /SILENT "$DATA\stillopen.toml" "$KEPT"
      ${IfNot} ${FileExists} "$KEPT"
        Call StartOld
        Call LeaveNothing
        ${Stop} ${NOT_WELL} "$KEPT cannot be written; nothing was changed. Next: look at the disk's room, and run this again."
      ${EndIf}
    ${EndIf}
    ${Run} '"$INSTDIR\$NEW\python\python.exe" -I -X utf8 "$INSTDIR\$NEW\stillopen.py" --config "$DATA\stillopen.toml" --state "$DATA\state" config import "$PROVISION"'
    ${If} $0 != 0
      StrCpy $SAID $1
      ${If} $KEPT != ""
        Delete "$KEPT"
      ${EndIf}
      Call StartOld
      Call LeaveNothing
      ${Stop} ${BAD_FILE} "The provisioning file was refused; nothing was changed. What it said: $SAID"
    ${EndIf}
  ${EndIf}

  ; in force: from here on the host goes back by itself
  ${Run} '"$INSTDIR\stillopen-service.exe" use $NEW'
  ${If} $0 != 0
  ${AndIf} $KEPT != ""
    StrCpy $CODE $0
    StrCpy $SAID $1
    Call ConfigurationBack
    StrCpy $0 $CODE
    StrCpy $1 $SAID
  ${EndIf}
  ${If} $0 = ${WENT_BACK}
    RMDir /r "$INSTDIR\$NEW"
    ${Stop} ${WENT_BACK} "Stillopen ${VERSION} was not well; $OLD is in force again. Next: read $DATA\state\logs\host.log."
  ${ElseIf} $0 != 0
    ${Stop} ${NOT_WELL} "The store does not sell. Next: read $DATA\state\logs\host.log. What it said: $1"
  ${EndIf}

  ; what its updates are held against; not before: with a version that was refused, its root would stay
  !ifdef UPDATE_ROOT
    Call TrustRoot
  !endif
  ${Run} '"$INSTDIR\stillopen.exe" service install'
  ${If} $0 != 0
    ${Stop} ${NOT_WELL} "The service does not run. Next: stillopen check. What it said: $1"
  ${EndIf}

  ${If} $KEPT != ""
    Delete "$KEPT"                        ; the import keeps the one before by its date
  ${EndIf}
  Call Listed
  Call Shortcuts
  Call OlderGo
  FileWrite $LOG "Stillopen $NEW is in force.$\r$\n"
  FileClose $LOG
SectionEnd

; The root of trust as a whole over the one before, in one step; a setup that was built with none leaves what is there. Where
; the power went before it, the setup run again brings it.
!ifdef UPDATE_ROOT
Function TrustRoot
  File "/oname=update-root.json.new" "${UPDATE_ROOT}"
  StrCpy $TRIES 0
  ${Do}
    System::Call 'kernel32::MoveFileExW(w "$INSTDIR\update-root.json.new", w "$INSTDIR\update-root.json", i 9) i .r0'
    ${If} $0 <> 0
      ${ExitDo}
    ${EndIf}
    IntOp $TRIES $TRIES + 1
    ${If} $TRIES > ${TRIES_MAX}
      Delete "$INSTDIR\update-root.json.new"
      ${Stop} ${NOT_WELL} "Stillopen ${VERSION} sells; what its updates are held against cannot be put there. Next: run this again."
    ${EndIf}
    Sleep 1000
  ${Loop}
FunctionEnd
!endif

; Among the installed programs, with its uninstaller.
Function Listed
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${LISTED}" DisplayName "Stillopen"
  WriteRegStr HKLM "${LISTED}" DisplayVersion "${VERSION}"
  WriteRegStr HKLM "${LISTED}" Publisher "Stillopen"
  WriteRegStr HKLM "${LISTED}" DisplayIcon "$INSTDIR\stillopen.exe"
  WriteRegStr HKLM "${LISTED}" InstallLocation "$INSTDIR"
  WriteRegStr HKLM "${LISTED}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${LISTED}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${LISTED}" EstimatedSize ${SIZE_KIB}
  WriteRegDWORD HKLM "${LISTED}" NoModify 1
  WriteRegDWORD HKLM "${LISTED}" NoRepair 1
FunctionEnd

; The till's page over the whole screen; /KIOSK opens it whenever somebody logs on. Where `[api] port` is changed later, an
; errand has them open the other page (host/shortcuts.c).
Function Shortcuts
  ReadRegStr $PAGE HKLM "${KEY}" Page
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/BROWSER=" $BROWSER
  ${If} $BROWSER == ""
    ReadRegStr $BROWSER HKLM "${APPS}\msedge.exe" ""
  ${EndIf}
  ${If} $BROWSER == ""
    ReadRegStr $BROWSER HKLM "${APPS}\chrome.exe" ""
  ${EndIf}
  CreateDirectory "$SMPROGRAMS\Stillopen"
  ; in the folder of who opens it: a file that is named there does not go with the program
  CreateShortcut "$SMPROGRAMS\Stillopen\Stillopen command line.lnk" "$SYSDIR\cmd.exe" '/k set "PATH=$INSTDIR;%PATH%" & cd /d "%USERPROFILE%"'
  ${If} $BROWSER == ""                    ; neither Edge nor Chrome: whatever opens pages here
    WriteINIStr "$DESKTOP\Stillopen till.url" InternetShortcut URL "$PAGE"
    Return
  ${EndIf}
  CreateShortcut "$DESKTOP\Stillopen till.lnk" "$BROWSER" "${KIOSK} --app=$PAGE"
  CreateShortcut "$SMPROGRAMS\Stillopen\Stillopen till.lnk" "$BROWSER" "${KIOSK} --app=$PAGE"
  ClearErrors
  ${GetOptions} $0 "/KIOSK" $1
  ${IfNot} ${Errors}
    CreateShortcut "$SMSTARTUP\Stillopen till.lnk" "$BROWSER" "${KIOSK} --app=$PAGE"
  ${EndIf}
FunctionEnd

; This version and the one before stay; older ones go.
Function OlderGo
  FindFirst $0 $1 "$INSTDIR\*"
  ${DoWhile} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != $NEW
    ${AndIf} $1 != $OLD
    ${AndIf} ${FileExists} "$INSTDIR\$1\stillopen.py"
      RMDir /r "$INSTDIR\$1"
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
FunctionEnd

; Removal is refused while records wait for a cloud: nobody would send them any more. /EXPORT=file writes them to a file
; first; /FORCE goes on where the program itself cannot be asked. The store's records stay, but with /PURGE.
Section Uninstall
  ${IfNot} ${FileExists} "$INSTDIR\stillopen-service.exe"   ; what is beside this file is taken away whole
    SetErrorLevel ${NOT_WELL}
    MessageBox MB_OK|MB_ICONSTOP "Stillopen is not in $INSTDIR; nothing was changed." /SD IDOK
    Abort
  ${EndIf}
  !insertmacro Begin "$INSTDIR\stillopen-service.exe"
  !insertmacro KeepErrandsAway
  ${GetParameters} $2
  StrCpy $4 ""
  ClearErrors
  ${GetOptions} $2 "/EXPORT=" $3
  ${IfNot} ${Errors}
    StrCpy $4 $3 2                        ; a share's, or...
    StrCpy $5 $3 2 1                      ; a drive's: this runs in no folder that somebody would look in
    ${If} $4 != "\\"
    ${AndIf} $5 != ":\"
      ${Stop} ${WAITING} "Stillopen was not removed. Next: name the file whole, with its drive: /EXPORT=D:\waiting.jsonl"
    ${EndIf}
    StrCpy $4 ' --export "$3"'
  ${EndIf}
  ${Run} '"$INSTDIR\stillopen.exe" service uninstall$4'
  ${If} $0 != 0
    ClearErrors
    ${GetOptions} $2 "/FORCE" $3
    ${If} ${Errors}
      ${Stop} ${WAITING} "Stillopen was not removed. What it said: $1"
    ${EndIf}
    ${Run} '"$SYSDIR\schtasks.exe" /Delete /F /TN "Stillopen errands"'
    ${Run} '"$INSTDIR\stillopen-service.exe" uninstall'
    ${If} $0 != 0
      ${Stop} ${NOT_WELL} "The service cannot be removed. What it said: $1"
    ${EndIf}
  ${EndIf}
  ClearErrors
  StrCpy $5 keep
  ${GetOptions} $2 "/PURGE" $3
  ${IfNot} ${Errors}
    ${Run} '"$INSTDIR\stillopen.exe" service removable'   ; asked again: /FORCE alone never loses a record
    ${If} $0 != 0
      FileWrite $LOG "The store's records stay: some wait for a cloud.$\r$\n"
      SetErrorLevel ${WAITING}
    ${Else}
      StrCpy $5 purge
    ${EndIf}
  ${EndIf}
  Delete "$DESKTOP\Stillopen till.lnk"
  Delete "$DESKTOP\Stillopen till.url"
  Delete "$SMSTARTUP\Stillopen till.lnk"
  RMDir /r "$SMPROGRAMS\Stillopen"
  DeleteRegKey HKLM "${KEY}"
  DeleteRegKey HKLM "${LISTED}"
  !insertmacro LetErrandsCome
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR"
  FileWrite $LOG "Stillopen was removed.$\r$\n"
  FileClose $LOG
  ${If} $5 == purge
    RMDir /r "$DATA"
  ${EndIf}
SectionEnd
