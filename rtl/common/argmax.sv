// The class of the highest of Classes scores, of equal ones the lowest class, and its score.
// Class c's score is bits [c*ScoreBits +: ScoreBits]. A tree of ceil(log2 Classes) comparisons,
// purely combinational.
module argmax #(
  parameter int unsigned Classes   = 10,
  parameter int unsigned ScoreBits = 8,
  parameter bit          Signed    = 1'b1,
  parameter int unsigned ClassBits = (Classes > 1) ? $clog2(Classes) : 1
) (
  input  logic [Classes*ScoreBits-1:0] scores_i,
  output logic [ClassBits-1:0]         class_o,
  output logic [ScoreBits-1:0]         score_o
);

  // With the sign bit inverted, two's complement numbers compare as unsigned ones do.
  localparam logic [ScoreBits-1:0] Flip = {Signed, {(ScoreBits - 1){1'b0}}};

  // The highest score of each part of the tree, and whose it is.
  logic [Classes*ScoreBits-1:0] best;
  logic [Classes*ClassBits-1:0] index;

  always_comb begin
    for (int unsigned c = 0; c < Classes; c++) begin
      best[c*ScoreBits+:ScoreBits] = scores_i[c*ScoreBits+:ScoreBits] ^ Flip;
      index[c*ClassBits+:ClassBits] = ClassBits'(c);
    end
    for (int unsigned step = 1; step < Classes; step = step * 2) begin
      for (int unsigned c = 0; c + step < Classes; c = c + 2 * step) begin
        if (best[(c+step)*ScoreBits+:ScoreBits] > best[c*ScoreBits+:ScoreBits]) begin
          best[c*ScoreBits+:ScoreBits] = best[(c+step)*ScoreBits+:ScoreBits];
          index[c*ClassBits+:ClassBits] = index[(c+step)*ClassBits+:ClassBits];
        end
      end
    end
  end

  assign class_o = index[ClassBits-1:0];
  assign score_o = best[ScoreBits-1:0] ^ Flip;

endmodule
