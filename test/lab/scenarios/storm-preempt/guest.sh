. /lab/scenarios/storm/guest.sh
