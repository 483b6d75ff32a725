# Task: T-306
FROM alpine:3.23
ADD layer.tar /
COPY docker-entrypoint.sh /usr/local/bin/
RUN addgroup -g 70 -S postgres && adduser -u 70 -S -D -G postgres -H -h /var/lib/postgresql -s /bin/sh postgres \
 && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data && install -d -o postgres -g postgres -m 3777 /var/run/postgresql \
 && chown postgres:postgres /var/lib/postgresql && mkdir /docker-entrypoint-initdb.d \
 && sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" /usr/local/share/postgresql/postgresql.conf.sample
ARG PG_VERSION
ENV LANG=en_US.utf8 PG_MAJOR=17 PG_VERSION=$PG_VERSION PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
