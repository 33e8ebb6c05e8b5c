// The tables of the file: what is stored, field by field. Private to this folder. [store]
#pragma once

#include "host/store/fields.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

/// A call and its terms, which are replaced as a whole and never changed: a row that is read gets new ones.
template <class Save, class Terms>
struct CallParts {
  Save& save;
  Terms& terms;
};
using WrittenCall = CallParts<const SaveCall, const call::Terms>;
using ReadCall = CallParts<SaveCall, call::Terms>;

/// The carrier's name of a leg that was ours; stays when its call is removed.
struct LegRow {
  std::string carrier, remote_id;
  std::string call;  ///< empty: it became none
  std::uint64_t seen_unix_ms = 0;
};

const Table<WrittenCall, ReadCall>& calls();
/// The long texts of a call, which never change, and so are not written again with every change of it.
const Table<WrittenCall, ReadCall>& texts();
const Table<SaveLine>& lines();
const Table<Hook>& hooks();
const Table<SaveKey>& keys();
const Table<LegRow>& legs();

/// The columns of each, in the order in which they are made.
std::vector<const Columns*> everyTable();

}  // namespace hookswitch::store
