#!/bin/sh
# Task: T-404
# Run once, by the image's entrypoint, when the volume is still empty: the application's role and its database. apply-passwords.sh gives the
# role its password; until then nobody can log in as it.
psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname=postgres \
  --set=role="$APPLICATION_USER" --set=database="$APPLICATION_DATABASE" <<'SQL'
CREATE ROLE :"role" LOGIN;
CREATE DATABASE :"database" OWNER :"role";
SQL
