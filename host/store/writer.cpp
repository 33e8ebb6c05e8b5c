#include "host/store/writer.hpp"

#include <algorithm>
#include <variant>

#include "host/store/database.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;
}  // namespace

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

template <class... Rows>
void Writer::run(Prepared& prepared, Rows&... rows) {
  database_.guarded([&] {
    if (!prepared.statement) {
      prepared.statement.emplace(database_.session());
      *prepared.statement << prepared.sql;
      (*prepared.statement, ..., use(rows));
    }
    prepared.statement->execute();
  });
}

void Writer::apply(const Write& write) {
  std::visit([this](const auto& value) { apply(value); }, write);
}

void Writer::apply(const SaveCall& save) {
  const call::Record& record = save.record;
  const WrittenCall parts{save, *record.terms};
  call_.row = texts_.row = &parts;
  run(save_call_, call_);
  run(save_texts_, texts_);
  if (record.remote_id.empty()) return;
  const LegRow leg{record.terms->carrier, record.remote_id, record.terms->id,
                   std::max(record.ended_unix_ms, record.started_unix_ms)};
  leg_.row = &leg;
  run(save_leg_, leg_);
}

void Writer::apply(const SaveLine& save) {
  if (!save.line.text.empty()) {
    line_.row = &save;
    return run(save_line_, line_);
  }
  dropped_ = save.call;
  dropped_line_ = save.line.number;
  run(drop_line_, dropped_, dropped_line_);
}

void Writer::apply(const SaveHook& save) {
  hook_.row = &save.hook;
  run(save_hook_, hook_);
}

void Writer::apply(const SaveKey& save) {
  key_.row = &save;
  run(save_key_, key_);
}

void Writer::apply(const DropKey& drop) {
  dropped_ = drop.key;
  run(drop_key_, dropped_);
}

void Writer::apply(const SaveLeg& save) {
  const LegRow leg{save.carrier, save.remote_id, {}, save.seen_unix_ms};
  leg_.row = &leg;
  run(save_leg_, leg_);
}

void Writer::forget() {
  for (Prepared* prepared :
       {&save_call_, &save_texts_, &save_line_, &drop_line_, &save_hook_, &save_key_, &drop_key_, &save_leg_})
    prepared->statement.reset();
}

}  // namespace hookswitch::store
