-- SQLite preferred this index to that of the deployment wherever windows of one deployment were read, and so read those of all.
drop index windows_by_time;
