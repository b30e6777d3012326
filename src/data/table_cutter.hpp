// Tables as spreadsheets save them: CSV (RFC 4180) with commas, semicolons or tabs. The first row names the columns.
// Each further row is handed out as a JSON object, column to cell, so that all that follows knows one kind of record.
//
// Written here because a row must carry its line, a damaged one must cost no other, and the size of all that is held
// must be bounded; the packaged readers of CSV do none of the three.
#pragma once

#include "data/record_reader.hpp"

namespace pmtune::data {

// Whether the first line names the columns of a question and its answer.
bool looks_like_table(std::string_view head);

std::unique_ptr<RecordReader::Cutter> cut_table(ByteBuffer buffer);

}  // namespace pmtune::data
