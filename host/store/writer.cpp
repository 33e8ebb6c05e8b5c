#include "host/store/writer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "host/store/database.hpp"
#include "host/store/tables.hpp"

namespace hookswitch::store {

void Writer::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Writer::Writer(Database& database)
    : database_(database),
      save_call_{calls().columns().upsert()},
      save_texts_{texts().columns().insertIfNew()},
      save_line_{lines().columns().replace()},
      drop_line_{lines().columns().remove()},
      save_hook_{hooks().columns().replace()},
      save_key_{keys().columns().replace()},
      drop_key_{keys().columns().remove()},
      save_leg_{legs().columns().upsert()} {}

template <class BindAll>
void Writer::run(Prepared& prepared, BindAll bind) {
  database_.guarded([&] {
    const auto check = [this](bool good) {
      if (!good) throw std::runtime_error(sqlite3_errmsg(database_.handle()));
    };
    if (!prepared.statement) {
      sqlite3_stmt* made = nullptr;
      check(sqlite3_prepare_v3(database_.handle(), prepared.sql.data(), int(prepared.sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &made, nullptr) == SQLITE_OK);
      prepared.statement.reset(made);
    }
    sqlite3_stmt* statement = prepared.statement.get();
    Bind parameters(statement);
    bind(parameters);
    check(sqlite3_step(statement) == SQLITE_DONE);
    check(sqlite3_reset(statement) == SQLITE_OK);
  });
}

template <class Table, class Row>
void Writer::write(Prepared& prepared, const Table& table, const Row& row) {
  run(prepared, [&](Bind& bind) { table.put(bind, row); });
}

void Writer::apply(const Write& write) {
  std::visit([this](const auto& value) { apply(value); }, write);
}

void Writer::apply(const SaveCall& save) {
  const call::Record& record = save.record;
  const WrittenCall parts{save, *record.terms};
  write(save_call_, calls(), parts);
  write(save_texts_, texts(), parts);
  if (record.remote_id.empty()) return;
  write(save_leg_, legs(),
        LegRow{record.terms->carrier, record.remote_id, record.terms->id,
               std::max(record.ended_unix_ms, record.started_unix_ms)});
}

void Writer::apply(const SaveLine& save) {
  if (save.line.text.empty())
    run(drop_line_, [&](Bind& bind) { lines().putKeys(bind, save); });
  else
    write(save_line_, lines(), save);
}

void Writer::apply(const SaveHook& save) { write(save_hook_, hooks(), save.hook); }

void Writer::apply(const SaveKey& save) { write(save_key_, keys(), save); }

void Writer::apply(const DropKey& drop) {
  run(drop_key_, [&](Bind& bind) { bind.put(drop.key); });
}

void Writer::apply(const SaveLeg& save) {
  write(save_leg_, legs(), LegRow{save.carrier, save.remote_id, {}, save.seen_unix_ms});
}

void Writer::forget() {
  for (Prepared* prepared :
       {&save_call_, &save_texts_, &save_line_, &drop_line_, &save_hook_, &save_key_, &drop_key_, &save_leg_})
    prepared->statement.reset();
}

}  // namespace hookswitch::store
