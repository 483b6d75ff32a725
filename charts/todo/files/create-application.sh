#!/bin/sh
# Task: T-404
# Run once, by the image's entrypoint, when the volume is still empty: the application's role and its database.
# psql reads the password itself, so that it appears in no command line.
psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname=postgres \
  --set=role="$APPLICATION_USER" --set=database="$APPLICATION_DATABASE" <<'SQL'
\set password `cat "$APPLICATION_PASSWORD_FILE"`
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"role";
SQL
