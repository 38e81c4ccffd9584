#!/bin/sh
# A real `systemd --user` for an ordinary user, where the machine was not booted with systemd.
# Run by user_systemd.py, as root, in a mount namespace of its own; what it needs comes as
# FOLDER, ACCOUNT, CGROUPS and READABLE (lists with a colon between).
set -eu

# What the user must read may lie below a folder that only root may enter: such a folder is covered
# by an empty one, into which just those parts are mounted again.
mkdir -p "$FOLDER/stage"
mount -t tmpfs stage "$FOLDER/stage"
number=0
covered=
IFS=:
for path in $READABLE; do
    number=$((number + 1))
    mkdir "$FOLDER/stage/$number"
    mount --bind "$path" "$FOLDER/stage/$number"
done
for path in $READABLE; do
    closed=$path
    while [ "$closed" != / ]; do
        parent=$(dirname "$closed")
        setpriv --reuid="$ACCOUNT" --clear-groups test -x "$parent" && break
        closed=$parent
    done
    # `closed` is now the highest folder on the way that the user cannot enter, if there is one.
    setpriv --reuid="$ACCOUNT" --clear-groups test -x "$closed" && continue
    mount -t tmpfs -o mode=755 covered "$closed"
    covered="$covered:$closed"
done
number=0
for path in $READABLE; do
    number=$((number + 1))
    if ! [ -e "$path" ]; then
        mkdir -p "$path"
        mount --bind "$FOLDER/stage/$number" "$path"
    fi
done
unset IFS

mkdir -p /run/systemd
mount -t tmpfs run /run/systemd
mkdir /run/systemd/system

IFS=:
for cgroup in $CGROUPS; do
    echo $$ >"$cgroup/manager/cgroup.procs"
done
unset IFS

exec setpriv --reuid="$ACCOUNT" --regid="$ACCOUNT" --clear-groups --inh-caps=-all "$@"
